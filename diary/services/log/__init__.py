"""The public log: sequencing, checkpoints, timestamps, cosignatures and inclusion proofs."""
