/** The help texts: each teaches by examples that work as they stand. */
export const USAGE: Readonly<Record<string, string>> = {
  '': `Accent: the studio that listens to the words you stress.

  npm start                        open the studio
  npm start -- generate "..."      make a picture, or a pair with --compare
  npm start -- import DIR          take a folder of images into the catalog
  npm start -- search "..."        find images of the catalog by words
  npm start -- catalog check       is the catalog whole? also: backup, restore, export, import, roots, ...
  npm start -- packs               what is installed
  npm start -- doctor              what runs where, and why
  npm start -- evaluate            score a pack on prompts, arm by arm
  npm start -- study               blind ratings by people
  npm start -- serve               the studio for a browser (also for a machine without a screen)
  npm start -- gpu install         fetch what an NVIDIA card needs (asks first)

Add --help to a command to learn it. --catalog DIR uses another data folder, --json prints one JSON object.
`,
  generate: `Make pictures from a sentence with stressed words.

  npm start -- generate "a blocky person with a full beard and shades" --emphasize "full beard" --emphasize shades:1.4 --compare --out out
  npm start -- generate "a robot with (two antennas:1.3) on a cream background" --seed 7
  npm start -- generate --from out/picture.png            the same pixels again

  --emphasize PHRASE[:W]   stress a phrase, weight 0 to 2 (again for more); (phrase:1.3) in the sentence does the same
  --refs DIR               import this folder first, and find the references in the catalog (else the sample images)
  --source KIND            prior (default) or retrieval: where the whole sentence's image embedding comes from
  --pin ID, --ban ID       content hash (or its first 8 digits) of an image that every phrase must, or must not, use
  --references N           references per phrase (8)
  --anyway                 use the references of a phrase although none is good (else it runs without effect)
  --compare                the pair: coarse (without refinement) beside refined, same seed and noise
  --arm ARM                refined (default), coarse, coarse2, sentence; again for more
  --seed N  --steps N  --guidance S  --pack ID  --rebuild FORM  --sampler ddim|dpm-solver++  --no-upscale
  --out DIR                where the PNG files go (.)
`,
  evaluate: `Make pictures of many prompts in several arms, read what they show, and report it with intervals.

  npm start -- evaluate --quick --out out
  npm start -- evaluate --pack models/first --split test --arms sentence,coarse,coarse2,wrong,refined --out out
  npm start -- evaluate --prompts prompts.json --arms coarse,refined --seeds 4 --steps 20 --out out

  --pack ID or FOLDER      the pack to score (the first that generates); --baseline names the Baseline's evaluation pack
  --split NAME             prompts that ship for what the pack draws: validation (default), test, composition;
                           --prompts FILE takes your own
  --count N                only the first N prompts
  --arms A,B               sentence, coarse, coarse2, wrong, refined, baseline, baseline-guided, first-order, composable, structure
  --scale ARM=S            scale of a rival (again for more); --seeds N pictures of each prompt and arm (1)
  --sweep ARM=S,S,...      only this rival, at each scale: which one is best (sweep-ARM.json)
  --steps N  --guidance S  --rebuild FORM  --sampler NAME  --window LOW,HIGH  --references N  --source KIND      the pack's own values without
  --batch N                prompts made side by side, 1 to 32 (8); the pictures are the same to the last bits
  --lpips FILE             measures LPIPS between the seeds (2 or more) with a file of training.export.lpips (ACCENT_LPIPS)
  --refs DIR               where references come from (the sample images)
  --quick                  60 validation prompts, four arms, 20 steps; then makes 20 rows of docs/evaluation.json again
  --check FILE             the same comparison with another evaluation.json
  --out DIR                report.md, report.html, sheet.png, evaluation.json (evaluation); the same command goes on after a kill
`,
  study: `Let people rate pictures of an evaluation without knowing how they were made.

  npm start -- study make --evaluation out --arms coarse,refined --out for-raters
  npm start -- study rate for-raters --rater ann          asks in the terminal; goes on where it was stopped; seals at the end
  npm start -- study merge for-raters/ratings-ann.json for-raters/ratings-ben.json --evaluation out
  npm start -- study reveal --evaluation out --out ratings

  --evaluation DIR         the --out folder of evaluate; the key that names the arms stays in it
  --id NAME                several studies of one evaluation (study)
  --prompts N              prompts that are shown, each in every arm (20); --repeats SHARE shown twice (0.1)
  --no-pairs               no side-by-side items
  --synthetic              marks a sheet as made by a program: never counted as people's ratings
`,
  import: `Take a folder of JPEG, PNG and WebP images into the catalog. The files themselves are never changed.

  npm start -- import ~/Pictures

Run it again after the folder has changed: only what is new or changed is read, moved files are known again, and what is
gone stays in the catalog. It starts again where it was stopped.
`,
  search: `Find images of the catalog by words, by a picture, or by a sum of words.

  npm start -- search "a red robot" --count 5
  npm start -- search --like photo.jpg             like a picture, which need not be in the catalog
  npm start -- search robot --more antennas --less wheels:0.5
  npm start -- search robot --fold picture         each picture once, whatever its size and format

  --more WORDS[:W]  --less WORDS[:W]   add or take away a meaning, weight 0 to 2 (again for more)
  --words W --tag T --format jpeg|png|webp   only images whose name, tags or caption have these words, that have this tag, ...
  --fold bytes|picture|look   show once what is the same file (always), the same picture, or nearly looks the same
`,
  catalog: `Look after the catalog.

  npm start -- catalog roots               the folders in it
  npm start -- catalog forget NAME         forget a folder; its files are not touched
  npm start -- catalog backup              a checked copy now
  npm start -- catalog backups             the copies there are
  npm start -- catalog check               read all of it and say what is wrong
  npm start -- catalog export FILE         names, tags, captions, choices and vectors of all images, for another machine
  npm start -- catalog import FILE         add what such a file knows; nothing that is here is replaced
  npm start -- catalog vectors             give a pack (--pack ID) the vectors of images that came in with another
  npm start -- catalog restore latest      put a copy in its place (what is there is kept)
  npm start -- catalog salvage             make a new catalog of what can be read of a damaged one

  --no-vectors             export without vectors: a smaller file, and they are made again where it is imported
`,
  packs: `List the installed packs.\n\n  npm start -- packs\n`,
  doctor: `Show what runs each part of a pack, and why the backends before it in the order do not.\n\n  npm start -- doctor\n`,
  gpu: `Fetch the CUDA provider of ONNX Runtime, in the version that is installed, from its maker's package feed.

  npm start -- gpu install         explains what comes from where, asks, fetches, checks
  npm start -- gpu install --yes   the same without asking
`,
  serve: `Serve the studio to a browser, on this machine only unless you say otherwise.

  npm start -- serve               prints the link with its one-time token
  npm start -- serve --port 8123 --refs ~/Pictures
  npm start -- serve --host 192.168.1.5 --root ~/Pictures --root /photos/2026

  --host ADDRESS           listen on this address (127.0.0.1): who reaches it and has the link uses the studio, unencrypted
  --root DIR               offer this folder, by its name, to browsers of other machines (again for more); they can add no others
`,
};
