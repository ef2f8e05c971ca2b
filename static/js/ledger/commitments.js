/** Commitments for whoever reads versions without opening them: packs, and checks of packs. */
export { RESERVED, allOpen, commitment, fieldDigest, fieldDigests, saltsOf } from '../crypto/commitment.js';
