/** The fields of the officer's page (06), which the settings keep, in the order in which the screen asks for them. */
export const OFFICER_FIELDS = ['name_to_use', 'safe_contact', 'concerns', 'needs', 'helped_by'] as const;

/**
 * What police ask for and the settings never keep: it is typed for one pack for the police, and is in that pack alone.
 */
export const IDENTITY_FIELDS = ['legal_name', 'date_of_birth', 'home_address'] as const;
export const IDENTITY_PROFILE = 'police';
