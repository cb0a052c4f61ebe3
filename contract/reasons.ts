/**
 * What exactly went wrong, where a code covers several things that a user meets: a closed list of reasons, each with its code and
 * its English sentence. `{name}` is a place for a value. The reason and its values travel in the error's details, so that the page
 * can say the same in its own language; everything else shows the sentence.
 */
import { AppError } from './errors.ts';
import type { ErrorCode } from './errors.ts';

export const REASONS = {
  // Requests
  field_misfit: ['invalid_input', '{place}: {why}'],

  // Folders and images of the catalog
  no_folder_dialog: [
    'not_supported',
    'This host has no folder dialog. Start it with --refs DIR or import DIR on the command line.',
  ],
  no_typed_paths: [
    'not_supported',
    'This studio takes no paths from this page. Use its folder dialog, choose one of the folders that it offers (serve --root DIR), or import DIR on the command line.',
  ],
  root_unknown: ['not_found', 'This root is not known any more. Add the folder again.'],
  root_offline: [
    'root_offline',
    'The folder "{folder}" is not there just now. Connect its disk; its images stay in the catalog.',
  ],
  root_emptied: [
    'root_offline',
    'The folder is empty now, but images were taken from it. If its disk is not connected, connect it; nothing was changed in the catalog.',
  ],
  root_left: [
    'root_offline',
    'The folder went away while it was read. Connect its disk; its images stay in the catalog.',
  ],
  folder_busy: [
    'conflict',
    'This folder is being read already. Wait for it, or cancel it first; a pause does not help.',
  ],
  folder_denied: [
    'permission_denied',
    'The folder may not be read by this user; nothing in it was looked at.',
  ],
  folder_not_offered: ['not_found', 'There is no folder "{folder}" among those that this studio offers.'],
  folder_refused: [
    'not_found',
    'There is no folder "{folder}" that the studio may read. Expected the whole path of a folder with images.',
  ],
  image_unknown: ['not_found', 'This image is not in the catalog.'],
  images_unknown: ['not_found', 'One of these images is not in the catalog.'],
  image_is_result: [
    'invalid_input',
    '"{name}" was made by the studio. Put it into the bin in the gallery instead.',
  ],
  original_offline: [
    'root_offline',
    'The original of "{name}" lies in the folder "{folder}", which is not there just now. Connect its disk: this pack needs the picture at another size than is kept.',
  ],
  original_gone: [
    'unreadable',
    'The original of "{name}" is gone or was changed since it was imported. Import its folder again: this pack needs the picture at another size than is kept.',
  ],
  terms_cancel: ['invalid_input', 'The terms cancel each other out. Change a weight or a term.'],
  backup_room: [
    'disk_full',
    'A backup needs {needed} MiB and {spare} MiB to spare; {free} MiB are free. Free some space and try again.',
  ],
  backup_unsound: ['catalog_damaged', 'The copy did not pass its check, so it does not count.'],
  backup_unreadable: ['catalog_damaged', 'The copy cannot be read, so it does not count.'],
  index_damaged: ['catalog_damaged', 'The index file is damaged and cannot be made again here.'],

  // References of a run
  reference_unknown: [
    'no_references',
    'The reference {image} is not in the catalog. Import its folder again, or choose another.',
  ],
  phrase_reference_unknown: [
    'no_references',
    'The reference {image} of "{phrase}" is not in the catalog. Import its folder again, or choose another.',
  ],
  phrase_without_images: ['no_references', 'The catalog has no image for "{phrase}". Import a folder first.'],
  nothing_to_retrieve: [
    'no_references',
    'The catalog has no images to retrieve from. Import a folder, or use the source "prior".',
  ],
  source_unknown: ['no_references', 'The source image {image} is not in the catalog.'],
  pin_unread: [
    'no_references',
    'The pinned image "{name}" ({image}) has no vector of the pack "{pack}": its original cannot be read now. Import its folder again, or take the pin away.',
  ],
  pin_unknown: [
    'no_references',
    'The pinned image {image} is not in the catalog. Import its folder again, or take the pin away.',
  ],

  // Runs
  job_unknown: ['not_found', 'This job is not known.'],
  job_not_waiting: ['conflict', 'This run does not wait any more, so its place cannot be changed.'],
  no_prior: ['part_missing', 'The pack "{pack}" has no prior. Use the source "retrieval".'],
  arm_failed: ['non_finite', 'The arm "{arm}" failed: {why}. Try a lower guidance or another seed.'],
  part_unrunnable: ['backend_unavailable', 'Nothing on this machine can run the part "{part}": {refused}.'],
  pictures_unwritten: [
    'io_error',
    'The pictures were made but could not be written. {why} The same request then makes the same pictures.',
  ],

  // Gallery
  pair_unknown: ['not_found', 'This pair is not in the gallery.'],
  pairs_unknown: ['not_found', 'One of these pairs is not in the gallery any more.'],
  picture_unknown: ['not_found', 'This picture is not in the gallery.'],
  picture_file_gone: [
    'not_found',
    "The file of the {arm} picture is gone from the studio's folder. Recall its recipe and run it again.",
  ],
  half_unknown: ['invalid_input', 'arm: this pair has no picture "{arm}".'],
  half_is_all: [
    'invalid_input',
    'arm: "{arm}" is all that this pair has. Expected a half with another one beside it; remove the pair instead.',
  ],
  half_pair_gone: ['not_found', 'The pair that this run would complete is not in the gallery any more.'],
  half_is_there: ['conflict', 'The pair has its {arm} picture already; nothing is left to make.'],
  half_other_pack: [
    'conflict',
    'The pack "{pack}" is another one than made this pair (its {part} has changed), so the other half would not fit. Run the sentence again for a new pair.',
  ],
  recipe_missing: [
    'bad_recipe',
    'This PNG holds no recipe ("{key}"). Expected a picture that the studio wrote, with its metadata kept.',
  ],
  explain_refined_only: [
    'invalid_input',
    'Only a refined picture can be explained; this one is of the arm "{arm}".',
  ],
  explain_no_phrase: ['invalid_input', 'Nothing to explain: no phrase of this picture had an effect.'],
  explain_no_step: ['invalid_input', 'Nothing to explain: no step of this run was refined.'],
  set_unknown: ['not_found', 'This set is not known.'],

  // Packs
  pack_unknown: ['not_found', 'There is no pack "{pack}". Installed: {installed}.'],
  pack_gone: ['not_found', 'There is no pack "{pack}".'],
  no_generating_pack: ['not_found', 'No pack that generates is installed. Expected one below models/.'],
  pack_installed: ['conflict', 'The pack "{pack}" is installed already ({version}). Remove it first.'],
  pack_shipped: ['conflict', 'The pack "{pack}" is installed already ({version}). It ships with the studio.'],
  pack_folder_taken: [
    'conflict',
    'Among the imported packs lies a folder "{pack}" that is no usable pack. Move it away first.',
  ],
  pack_stays: ['forbidden', 'The pack "{pack}" ships with the studio and cannot be removed here.'],
  pack_incomplete: ['part_missing', 'The pack "{pack}" still lacks {files}.'],
  pack_fails_golden: [
    'golden_mismatch',
    'The part "{part}" of the pack "{pack}" does not do what its golden data says: {refused}',
  ],
  pack_file_missing: ['part_missing', 'The part "{part}" ({file}) is missing. Install the pack again.'],
  pack_file_linked: ['external_data', 'The part "{part}" is a link; expected a plain file inside the pack.'],
  pack_file_changed: [
    'hash_mismatch',
    'The part "{part}" ({file}) is not the file that the manifest describes. Install the pack again.',
  ],
  pack_file_unreadable: [
    'part_missing',
    'The pack "{pack}" has no readable file {file}. Install the pack again.',
  ],
  chosen_file_missing: ['part_missing', '{file} is missing in what was chosen, or cut off.'],
  manifest_missing: [
    'bad_manifest',
    'There is no manifest.json. Choose the folder of a pack, or its .tar file.',
  ],
  manifest_unreadable: ['bad_manifest', 'manifest.json cannot be read. Install the pack again.'],
  manifest_not_json: ['bad_manifest', 'manifest.json is not JSON. Get the pack again.'],
  manifest_misfit: ['bad_manifest', 'manifest.json: {why}'],
  not_a_pack_tar: ['bad_manifest', 'This is not a .tar file of a pack. Choose one, or the folder itself.'],

  // Evaluations
  evaluation_unknown: ['not_found', 'There is no evaluation "{evaluation}".'],
  evaluation_empty: ['not_found', 'The evaluation "{evaluation}" has no pictures yet.'],
  evaluation_idle: ['not_found', 'The evaluation "{evaluation}" is not running.'],
  evaluation_running: [
    'conflict',
    'The evaluation "{evaluation}" is running. Stop it first, or wait for its end.',
  ],
  results_unknown: ['not_found', 'There are no results "{evaluation}". Run the evaluation first.'],
  results_empty: ['not_found', 'The results "{evaluation}" have no rows yet.'],
  results_differ: [
    'conflict',
    'These results were made with other {what}. Choose another folder, or repeat them as they were.',
  ],
  results_other_reader: ['conflict', 'These results were read by another reader than the one installed.'],
  results_unusable: ['conflict', 'The results file cannot be used: {why}. Choose another folder.'],
  prompt_set_unknown: ['not_found', 'There is no set of prompts "{name}" beside the packs.'],
  prompt_set_damaged: ['unreadable', 'The set of prompts "{name}" is damaged: {why}'],
  reader_missing: [
    'not_found',
    'There is no attribute reader for what this pack draws: expected models/evaluation/{folder}/manifest.json.',
  ],
  reader_misfit: [
    'conflict',
    'The attribute reader in models/evaluation/{folder} reads the domain "{reads}", and the pack draws "{draws}".',
  ],
  reader_file_missing: ['part_missing', 'The attribute reader lacks its file {file}.'],
  lpips_missing: [
    'not_found',
    'There is no LPIPS file {file}. Make one with training.export.lpips, or evaluate without LPIPS.',
  ],
  wrong_needs_two: ['invalid_input', 'The arm "wrong" needs a second prompt to take references from.'],

  // Studies
  study_unknown: ['not_found', 'There is no study "{study}".'],
  study_taken: ['conflict', 'There is a study "{study}" already. Choose another name.'],
  study_rated: ['conflict', 'There is a study "{study}" here already, with its ratings.'],
  study_without_pictures: ['not_found', 'No prompt of this evaluation has a picture in each of these arms.'],
  study_damaged: ['unreadable', 'A file of this study is damaged. Restore it from a copy.'],
  study_picture_unknown: ['not_found', 'This study has no such picture.'],
  study_altered: ['invalid_input', 'The set shows two items under one picture name; it was altered.'],
  not_a_study_file: ['invalid_input', 'This is not a study file. Choose one that a studio has exported.'],
  study_file_incomplete: ['invalid_input', 'The study file lacks a picture. Ask for it again.'],
  sheet_empty: ['not_found', '"{rater}" has rated nothing yet.'],
  sheet_misfit: ['invalid_input', 'The sheet of "{rater}" {why}.'],
  sheet_open: ['conflict', 'The sheet of "{rater}" is not sealed; only sealed sheets are merged.'],
  sheet_other: ['conflict', 'There is another sheet of "{rater}" in this study.'],
  sheet_sealed: ['conflict', 'The sheet of "{rater}" is sealed; it takes no more answers.'],
  sheet_lacks: [
    'conflict',
    'The sheet of "{rater}" lacks {open} of {items} answers; it cannot be sealed yet.',
  ],
  no_raters: ['conflict', 'There are no raters yet: nothing to reveal.'],
  raters_open: ['conflict', 'Not revealed: {raters} {have} not sealed yet.'],
  key_elsewhere: [
    'conflict',
    'This set is from elsewhere: its key is with whoever made it. Send your sealed sheet back.',
  ],
  key_wrong: ['hash_mismatch', 'The key is missing or is not the one that the set was made with.'],

  // The data folder and the server of the vectors
  settings_not_json: [
    'invalid_input',
    'The settings file is not JSON. Mend it, or delete it to start with the defaults.',
  ],
  settings_misfit: ['invalid_input', 'The settings file does not fit: {why}'],
  vectors_unreachable: [
    'backend_unavailable',
    'The vector server at {place} cannot be reached ({why}). Start it, or start the studio without ACCENT_VECTORS to search on this machine.',
  ],
  vectors_failed: ['internal', 'The vector server at {place} answered with an error{state}: {why}'],
  vectors_taken: [
    'conflict',
    'Another studio with a copy of this catalog uses the vectors at {place}. Close it there; a copied data folder cannot be used twice. Where it was this one, and its connection broke, try again in a minute.',
  ],
  vectors_login: [
    'unauthorized',
    'The vector server at {place}: It does not take this user or password. Check ACCENT_VECTORS, PGPASSWORD or the file .pgpass.',
  ],
  vectors_no_database: [
    'not_found',
    'The vector server at {place}: It has no database of that name. Make it there, or check ACCENT_VECTORS.',
  ],
  vectors_not_permitted: [
    'permission_denied',
    'The vector server at {place}: This user may not do that there. Ask for the right to create tables and the extension "vector".',
  ],
  vectors_read_only: [
    'read_only',
    'The vector server at {place}: It only lets itself be read. Name its primary server.',
  ],
  vectors_disk_full: ['disk_full', 'The vector server at {place}: Its disk is full.'],
  vectors_exhausted: [
    'backend_unavailable',
    'The vector server at {place}: It has no resources left for this. Try again later.',
  ],
  vectors_starting: [
    'backend_unavailable',
    'The vector server at {place}: It is still starting. Try again in a moment.',
  ],
  vectors_too_long: [
    'not_supported',
    'An HNSW index takes vectors of up to {most} numbers, this pack has {dims}. Take ACCENT_VECTORS_INDEX away to search without one.',
  ],
  vectors_no_pgvector: [
    'not_supported',
    'The server at {place} has no pgvector. Install that extension there, or name another server.',
  ],
  vectors_newer: [
    'not_supported',
    'The vectors at {place} were written by a newer studio (format {format}, this one knows {known}). Use a newer studio.',
  ],
  vectors_other_encoder: [
    'conflict',
    'The table {table} at {place} holds the vectors of another encoder ({encoder}). Name another database.',
  ],
  vectors_other_length: [
    'conflict',
    "The table {table} at {place} holds vectors of {length} numbers, this pack's have {dims}. Name another database.",
  ],
} as const satisfies Readonly<Record<string, readonly [ErrorCode, string]>>;

export type Reason = keyof typeof REASONS;

/** Names of the places in a sentence. */
type Places<Text extends string> = Text extends `${string}{${infer Name}}${infer Rest}`
  ? Name | Places<Rest>
  : never;
/** What a reason's sentence names. */
export type ReasonValues<R extends Reason> = Readonly<
  Record<Places<(typeof REASONS)[R][1]>, string | number>
>;

interface BecauseOptions {
  readonly cause?: unknown;
  /** Where the same happens for another reason of its own. */
  readonly code?: ErrorCode;
  /** Further facts for a program. */
  readonly details?: Readonly<Record<string, unknown>>;
}

/** The error of a reason. A value is for a person, and no path on this machine but one that the user typed. */
export function because<R extends Reason>(
  reason: R,
  values: ReasonValues<R>,
  { cause, code, details }: BecauseOptions = {},
): AppError {
  const [usual, text] = REASONS[reason];
  return new AppError(code ?? usual, fillIn(text, values) ?? text, {
    ...(cause === undefined ? {} : { cause }),
    details: { ...details, reason, ...values },
  });
}

/** A sentence with its values in their places; undefined where one is not there. */
export function fillIn(text: string, values: Readonly<Record<string, unknown>>): string | undefined {
  let isWhole = true;
  const filled = text.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const value = Object.hasOwn(values, name) ? values[name] : undefined;
    if (typeof value === 'string' || typeof value === 'number') return String(value);
    isWhole = false;
    return '';
  });
  return isWhole ? filled : undefined;
}
