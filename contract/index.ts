/** The contract between a host and whoever uses it (window, page, command line). Both sides import only this folder. */
import * as v from 'valibot';
import { call, stream } from './define.ts';
import {
  AddRoot,
  AddVectors,
  Backup,
  Backups,
  BrowseRequest,
  CatalogActivity,
  CatalogCheck,
  CatalogImage,
  CheckTextRequest,
  CheckTextResponse,
  CompleteRequest,
  Completions,
  Choose,
  DoctorReport,
  DoctorRequest,
  Duplicates,
  DuplicatesRequest,
  EvaluateEvent,
  EvaluateRequest,
  EvaluationList,
  EvaluationState,
  EvaluationSummary,
  PromptSets,
  StartEvaluation,
  EvaluationFiles,
  EvaluationRef,
  ExplainEvent,
  Explanation,
  ExportPairs,
  Exported,
  MakeStudy,
  MergeSheet,
  RateItem,
  RaterRef,
  RatingSheet,
  StudyImage,
  StudyLacks,
  StudyList,
  StudyPicture,
  StudyRef,
  StudyReveal,
  StudySet,
  TakeImages,
  GalleryFacets,
  GalleryPair,
  GalleryWindow,
  HalfRef,
  GenerateRequest,
  ImageDetail,
  ImageRef,
  ImageRefs,
  ImagesRequest,
  ImportEvent,
  ImportFolder,
  ImportState,
  JobEvent,
  JobRef,
  JobSet,
  JobState,
  JobSummary,
  MarkPairs,
  MoveJob,
  Nothing,
  PackBytes,
  PackCard,
  PackCheck,
  PackIntake,
  PackList,
  PackManifest,
  PackRef,
  PackSummary,
  PageRequest,
  Pair,
  PairIdList,
  PairRef,
  PairRefs,
  PauseQueue,
  PhraseChoices,
  PhraseRef,
  QueueState,
  Recipe,
  ReferencesRequest,
  ReferencesResponse,
  Removed,
  ReplaceJob,
  ResultImages,
  Root,
  RootEvent,
  RootRef,
  Roots,
  SearchRequest,
  SearchResponse,
  SetRef,
  SetSummary,
  Settings,
  SettingsChange,
  PlaceReport,
  StorageReport,
  SubmitSet,
  TagImages,
  TaggedImages,
  VectorPass,
  WatchJob,
  WatchRoots,
  WindowRequest,
  page,
} from './schema/index.ts';
import type { Client, Services } from './define.ts';

export const contract = {
  jobs: {
    submit: call(GenerateRequest, JobRef),
    /** Newest first. */
    list: call(PageRequest, page(JobSummary)),
    /** Answers with the state after the cancel; cancelling a finished job changes nothing. */
    cancel: call(JobRef, v.strictObject({ state: JobState })),
    /** The order of the queue now, then at every change. */
    queue: stream(Nothing, QueueState),
    pause: call(PauseQueue, QueueState),
    /** Changes the place of a waiting job. */
    move: call(MoveJob, QueueState),
    replace: call(ReplaceJob, JobRef),
    /** Replays the events after `after`, then follows to the final one. */
    watch: stream(WatchJob, JobEvent),
  },
  sets: {
    /** Queues all cells as jobs, or none of them. */
    submit: call(SubmitSet, SetRef),
    /** Newest first. */
    list: call(PageRequest, page(SetSummary)),
    /** The set as it is, then after every change of one of its jobs; goes on until it is left. */
    watch: stream(SetRef, JobSet),
    /** Cancels what waits and what runs; what is done stays. */
    cancel: call(SetRef, JobSet),
    /** Queues again what failed, was cancelled or cut off, and what was deleted since. */
    resume: call(SetRef, JobSet),
  },
  catalog: {
    roots: call(Nothing, Roots),
    /** Lets the user pick a folder in a native dialog; null when none was picked. `not_supported` without a desktop. */
    pickRoot: call(Nothing, v.strictObject({ root: v.nullable(Root) })),
    /**
     * Makes a folder known by its path, or by the name under which it is offered. Nothing is listed, and what is absent, no
     * folder or forbidden gets one and the same `not_found`; `not_supported` where whoever asks may add none that way.
     */
    addRoot: call(AddRoot, v.strictObject({ root: Root })),
    /** Ends after its `report` event. */
    importFolder: stream(ImportFolder, ImportEvent),
    search: call(SearchRequest, SearchResponse),
    references: call(ReferencesRequest, ReferencesResponse),
    /** Newest first. */
    images: call(ImagesRequest, page(CatalogImage)),
    image: call(ImageRef, CatalogImage),
    /** Lets a running import rest; it keeps its place. */
    pauseImport: call(RootRef, ImportState),
    resumeImport: call(RootRef, ImportState),
    /** Takes images out for good: they stay out when their folder is read again. A hash and a name are kept. */
    removeImages: call(ImageRefs, Removed),
    /** Forgets a folder, with the images that lie in no other one. */
    removeRoot: call(RootRef, Removed),
    detail: call(ImageRef, ImageDetail),
    duplicates: call(DuplicatesRequest, Duplicates),
    tagImages: call(TagImages, TaggedImages),
    /** Cheap: for every letter that is typed. Words of captions come in little by little after the first question. */
    complete: call(CompleteRequest, Completions),
    choices: call(PhraseRef, PhraseChoices),
    /** Answers with all choices for the phrase after this one. */
    choose: call(Choose, PhraseChoices),
    watch: stream(WatchRoots, RootEvent),
    /** Answers at once; the pass goes on after the answer. Searches with other packs go on meanwhile. */
    addVectors: call(AddVectors, VectorPass),
    /** The passes that are on, then every change. */
    vectorPasses: stream(Nothing, VectorPass),
    /** Imports that run, whoever started them, and every other change of folders and images. */
    activity: stream(Nothing, CatalogActivity),
    /** Makes a backup now; older ones that no day, week or month needs are removed. Restoring is for the command line. */
    backup: call(Nothing, Backup),
    backups: call(Nothing, Backups),
    /** Reads the whole catalog: seconds for a large one. */
    check: call(Nothing, CatalogCheck),
  },
  packs: {
    list: call(Nothing, PackList),
    /** Cheap, and never behind a running job: for every change of a sentence. */
    checkText: call(CheckTextRequest, CheckTextResponse),
    doctor: call(DoctorRequest, DoctorReport),
    card: call(PackRef, PackCard),
    /** Reads every file of a pack again. */
    verify: call(PackRef, PackCheck),
    /** Begins to take a pack in; its files follow in pieces. The same again goes on where it stopped. */
    take: call(PackManifest, PackIntake),
    takeBytes: call(PackBytes, PackIntake),
    /**
     * Checks every file against the manifest and every part against the golden data, then installs the pack; what does not
     * pass is thrown away and said.
     */
    install: call(PackRef, PackSummary),
    /** Deletes an imported pack's folder. `forbidden` for one that ships with the studio. */
    remove: call(PackRef, Nothing),
  },
  gallery: {
    /** Newest first. */
    list: call(PageRequest, page(Pair)),
    pair: call(PairRef, Pair),
    recipe: call(ImageRef, Recipe),
    /** Newest first, filtered; what is in the bin comes only when asked for. */
    browse: call(BrowseRequest, page(GalleryPair)),
    /** The same order by place, so that any place of a large gallery is one call away. */
    window: call(WindowRequest, GalleryWindow),
    /** The pairs of these images in their order, each once; what is no result, or in the bin, is left out. */
    ofImages: call(ResultImages, v.strictObject({ pairs: v.array(GalleryPair) })),
    /** One PNG, or an archive of several; nothing but what was asked for stands in them. */
    export: call(ExportPairs, Exported),
    facets: call(Nothing, GalleryFacets),
    /** Stars and tags; answers with the pairs as they are now, in the order asked for. */
    mark: call(MarkPairs, v.strictObject({ pairs: v.array(GalleryPair) })),
    /** Puts pairs into the bin: out of every list and search, files kept. `restore` undoes it. */
    remove: call(PairRefs, PairIdList),
    /**
     * Puts the pictures of one arm into the bin, where they are a pair of their own; answers with its id. `restore` brings them back
     * into their pair, or leaves them a pair where that has such a picture again. `invalid_input` where no other half would be left.
     */
    removeHalf: call(HalfRef, PairRef),
    restore: call(PairRefs, PairIdList),
    /** Deletes pairs of the bin for good, files included; without ids the whole bin. Others are left alone. */
    purge: call(v.partial(PairRefs), PairIdList),
  },
  evaluation: {
    /** Makes and scores what is missing of arms x prompts x seeds; ends after `done`. The same request again goes on. */
    run: stream(EvaluateRequest, EvaluateEvent),
    list: call(Nothing, EvaluationList),
    promptSets: call(PackRef, PromptSets),
    /** The same as `run`, done by the host itself: nobody needs to watch. One at a time. */
    start: call(StartEvaluation, EvaluationSummary),
    /** Goes on with what is there, as it was asked for. */
    resume: call(EvaluationRef, EvaluationSummary),
    /** Ends the host's run after the picture that is being made; what is done stays. */
    stop: call(EvaluationRef, EvaluationSummary),
    /** The host's run as it is, then every change, until it ends. `not_found` without one. */
    watch: stream(EvaluationRef, EvaluationState),
    /** The figures of what is there so far. */
    report: call(EvaluationRef, EvaluationFiles),
  },
  explain: {
    /** What `run` found out about a picture before; null when it was never asked. */
    kept: call(ImageRef, v.strictObject({ explanation: v.nullable(Explanation) })),
    /** Runs a refined picture's seed again, coarse and refined, and looks where each phrase pulls; ends after `done`. */
    run: stream(ImageRef, ExplainEvent),
  },
  study: {
    /** Draws a blind set from finished pictures of an evaluation. */
    make: call(MakeStudy, StudySet),
    list: call(Nothing, StudyList),
    set: call(StudyRef, StudySet),
    /** Begins to take in a set from elsewhere; its pictures follow. The same again goes on where it stopped. */
    take: call(StudySet, StudyLacks),
    takeImages: call(TakeImages, StudyLacks),
    image: call(StudyImage, StudyPicture),
    /** The rater's sheet as it stands; an empty one before the first answer. */
    sheet: call(RaterRef, RatingSheet),
    /** Answers with the sheet after this answer; what is null in it stays as it was answered before. */
    rate: call(RateItem, RatingSheet),
    /** Fixes a finished sheet for ever. */
    seal: call(RaterRef, RatingSheet),
    /** Takes in a sealed sheet from elsewhere. */
    merge: call(MergeSheet, RatingSheet),
    /** Names the arms and gives the figures; refused while any sheet is open. */
    reveal: call(StudyRef, StudyReveal),
  },
  settings: {
    get: call(Nothing, Settings),
    /** Answers with all settings after the change. */
    set: call(SettingsChange, Settings),
    /** Walks the data folder: seconds for a large one. */
    storage: call(Nothing, StorageReport),
    /** What speaks against where the data folder lies, as it is now. Cheap: it may be asked every minute. */
    place: call(Nothing, PlaceReport),
  },
} as const;

/** What the host implements. */
export type StudioServices = Services<typeof contract>;
/** What the window, the page and the command line use. */
export type StudioClient = Client<typeof contract>;

export { call, stream } from './define.ts';
export type {
  Call,
  CallContext,
  CallOptions,
  Client,
  Contract,
  Method,
  Schema,
  SchemaInput,
  SchemaIssue,
  SchemaOutput,
  Services,
  Stream,
} from './define.ts';
export { AppError, ERROR_CODES, errorBody, errorOf, isErrorCode, toAppError } from './errors.ts';
export type { AppErrorOptions, ErrorCode, ErrorDetails } from './errors.ts';
export { linkClosedError, linkCore, memoryPair } from './link.ts';
export type { CloseReason, Link, LinkCore } from './link.ts';
export { decodeFrame, encodeFrame } from './codec.ts';
export { REASONS, because, fillIn } from './reasons.ts';
export type { Reason, ReasonValues } from './reasons.ts';
export { misfit, parse } from './parse.ts';
export type { FieldIssue } from './parse.ts';
export { filledIn, isWhole } from './answers.ts';
export { frozen, runsWithout } from './references.ts';
export { completing, missingArm, requestOf } from './remake.ts';
export type { ReferenceDecision } from './references.ts';
export { connect, serve } from './rpc.ts';
export type { Server, ServeOptions } from './rpc.ts';
export * from './schema/index.ts';
