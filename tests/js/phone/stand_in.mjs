/** Objects that stand in for the app's own, with only the members that a test needs. */

/** Return the members as they are, without a type: what uses them says what it needs of them. */
export const standIn = (members) => members;
