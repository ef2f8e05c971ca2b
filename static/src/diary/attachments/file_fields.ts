import type { Fields, DraftFile } from '../types.js';
import type { FileMetadata } from '../../media/file_peek.js';

/**
 * Return the fields and keys of a file's first version.
 * @param incident null for a file that belongs to no entry
 */
export function initialFields(file: DraftFile, incident: string | null) {
  const renditions = file.renditions.map(({ purpose, sha256, size_bytes, width, height, media_type }) => ({
    purpose,
    sha256,
    size_bytes,
    width,
    height,
    media_type,
  }));
  const tools = file.renditions.map(({ purpose, recipe }) => ({
    purpose,
    tool: 'browser',
    recipe: recipe ?? '',
    at: file.received_at,
  }));
  const duration = file.about?.duration_ms ?? null;
  return {
    open: {
      incident_ids: incident ? [incident] : [],
      kind: file.kind,
      sha256: file.sha256,
      sha512: file.sha512,
      size_bytes: file.size,
      media_type: file.magic,
      added_at: file.received_at,
      sensitivity: 'normal',
      alteration_before_receipt: 'none_known',
      renditions,
      ...(file.flags.length ? { flags: file.flags } : {}),
      ...(duration === null ? {} : { duration_ms: duration }),
      ...omitEmpty(file.said?.fields ?? {}),
    },
    restricted: {
      received_as: omitEmpty({
        filename: file.name,
        claimed_type: file.claimed,
        magic_type: file.magic,
        last_modified: file.last_modified,
        route: file.route,
      }),
      ...(file.gps_present === null ? {} : { gps_present: file.gps_present }),
      ...(file.about && Object.keys(metadataSummary(file.about)).length
        ? { exif_summary: metadataSummary(file.about) }
        : {}),
      ...(tools.length ? { rendition_tools: tools } : {}),
      ...(file.outside_copy ? { outside_copy: file.outside_copy } : {}),
      ...omitEmpty(file.said?.restricted ?? {}),
    },
    openKeys: file.renditions.map(({ blob, key }) => [blob, key]) as [string, string][],
    restrictedKeys: [[file.received.blob, file.received.key]] as [string, string][],
  };
}

/** Return the file's own metadata without the place, of which only `gps_present` is kept. */
export function metadataSummary({ place: _place, duration_ms: _duration, ...summary }: FileMetadata): Fields {
  return summary;
}

function omitEmpty(fields: Fields): Fields {
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
