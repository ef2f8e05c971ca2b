/** The fields of the officer's page (06), which the settings keep, in the order in which the screen asks for them. */
export const OFFICER_FIELDS = ['name_to_use', 'safe_contact', 'concerns', 'needs', 'helped_by'] as const;
