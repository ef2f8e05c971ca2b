import type { Fields, Held } from '../types.js';
import type { About } from '../../media/file_peek.js';

/**
 * Return the fields and keys of a file's first version.
 * @param incident null for a file that belongs to no entry
 */
export function firstFields(held: Held, incident: string | null) {
  const renditions = held.renditions.map(({ purpose, sha256, size_bytes, width, height, media_type }) => ({
    purpose,
    sha256,
    size_bytes,
    width,
    height,
    media_type,
  }));
  const tools = held.renditions.map(({ purpose, recipe }) => ({
    purpose,
    tool: 'browser',
    recipe: recipe ?? '',
    at: held.received_at,
  }));
  const duration = held.about?.duration_ms ?? null;
  return {
    open: {
      incident_ids: incident ? [incident] : [],
      kind: held.kind,
      sha256: held.sha256,
      sha512: held.sha512,
      size_bytes: held.size,
      media_type: held.magic,
      added_at: held.received_at,
      sensitivity: 'normal',
      alteration_before_receipt: 'none_known',
      renditions,
      ...(held.flags.length ? { flags: held.flags } : {}),
      ...(duration === null ? {} : { duration_ms: duration }),
      ...present(held.said?.fields ?? {}),
    },
    restricted: {
      received_as: present({
        filename: held.name,
        claimed_type: held.claimed,
        magic_type: held.magic,
        last_modified: held.last_modified,
        route: held.route,
      }),
      ...(held.gps_present === null ? {} : { gps_present: held.gps_present }),
      ...(held.about && Object.keys(summaryOf(held.about)).length ? { exif_summary: summaryOf(held.about) } : {}),
      ...(tools.length ? { rendition_tools: tools } : {}),
      ...(held.outside_copy ? { outside_copy: held.outside_copy } : {}),
      ...present(held.said?.restricted ?? {}),
    },
    openKeys: held.renditions.map(({ blob, key }) => [blob, key]) as [string, string][],
    restrictedKeys: [[held.received.blob, held.received.key]] as [string, string][],
  };
}

/** Return the file's own metadata without the place, of which only `gps_present` is kept. */
export function summaryOf({ place: _place, duration_ms: _length, ...said }: About): Fields {
  return said;
}

function present(fields: Fields): Fields {
  return Object.fromEntries(
    Object.entries(fields).filter(
      ([, value]) =>
        value !== null &&
        value !== undefined &&
        value !== '' &&
        !(typeof value === 'object' && !Object.keys(value).length),
    ),
  );
}
