/**
 * What goes wrong, in German: a sentence for each code, and one for each reason that says more than its code. `{name}` is the place
 * of a value as in the reason's English sentence; `{code}` is the sentence of the error's code. What a value says in English (the
 * words of a driver, a list of refusals) is left to the details.
 */
import type { ErrorCode, Reason } from '#contract';

export const GERMAN_CODES: Readonly<Record<ErrorCode, string>> = {
  invalid_input: 'Das Studio kann mit dieser Angabe nichts anfangen. Die Einzelheiten nennen die Stelle.',
  out_of_range: 'Ein Wert liegt außerhalb dessen, was erlaubt ist.',
  unknown_method:
    'Diese Seite und das Studio passen nicht zusammen: Sie fragt etwas, was es nicht kennt. Lade die Seite neu.',
  not_found: 'Was hier gebraucht wird, ist nicht mehr da.',
  not_supported: 'Das geht mit diesem Studio oder auf diesem Rechner nicht.',
  conflict: 'Das geht gerade nicht: Etwas anderes steht dem entgegen. Die Einzelheiten sagen, was.',
  cancelled: 'Abgebrochen.',
  interrupted: 'Das Studio wurde angehalten, während der Lauf lief. Starte ihn noch einmal.',
  timeout: 'Es kam zu lange keine Antwort. Versuche es noch einmal.',
  link_closed:
    'Die Verbindung zum Studio ist unterbrochen. Läuft es noch? Öffne es wieder und versuche es noch einmal.',
  bad_frame: 'Diese Seite und das Studio verstehen sich nicht. Lade die Seite neu.',
  too_large: 'Das ist größer, als das Studio annimmt.',
  unauthorized:
    'Das Studio kennt diesen Tab nicht. Nimm die Adresse, die die Befehlszeile zuletzt ausgegeben hat.',
  forbidden: 'Das ist hier nicht erlaubt.',
  rate_limited: 'Zu viele Versuche. Warte eine Minute und versuche es dann noch einmal.',
  internal: 'Im Studio ist etwas Unerwartetes passiert; sein Protokoll sagt mehr.',
  disk_full: 'Die Festplatte ist voll. Schaffe Platz und versuche es noch einmal.',
  io_error: 'Eine Datei oder ein Ordner ließ sich nicht lesen oder schreiben. Prüfe die Festplatte.',
  permission_denied: 'Das System verweigert den Zugriff. Prüfe die Rechte.',
  read_only: 'Hier kann nicht geschrieben werden. Prüfe die Rechte des Ordners, oder wähle einen anderen.',
  unreadable: 'Die Datei oder der Ordner lässt sich nicht lesen.',
  not_a_regular_file: 'Das ist keine gewöhnliche Datei.',
  link_skipped: 'Die Datei ist eine Verknüpfung; Verknüpfungen wird nicht gefolgt.',
  changed_while_reading:
    'Die Datei änderte sich, während sie gelesen wurde. Lies sie noch einmal ein, wenn sie ruht.',
  empty_file: 'Die Datei ist leer.',
  truncated: 'Die Datei ist abgeschnitten.',
  corrupt_image: 'Das Bild ist beschädigt.',
  not_an_image: 'Das ist kein Bild, das das Studio kennt.',
  unsupported_format: 'Dieses Format wird nicht gelesen. Erwartet werden JPEG, PNG oder WebP.',
  too_many_pixels: 'Das Bild hat mehr Pixel, als gelesen werden.',
  decode_timeout: 'Das Bild zu lesen dauerte zu lange.',
  decode_lost:
    'Das Programm, das Bilder liest, ist unerwartet zu Ende gegangen. Es startet von selbst neu; versuche es noch einmal.',
  quarantined:
    'Dieses Bild hat das Programm, das Bilder liest, zweimal beendet und wird nicht mehr versucht. Speichere es in einem anderen Programm neu.',
  catalog_damaged:
    'Der Katalog ist beschädigt. Stelle eine Sicherung wieder her oder rette, was lesbar ist: siehe „catalog --help“ auf der Befehlszeile.',
  not_a_catalog: 'Das ist kein Katalog des Studios.',
  catalog_too_new: 'Der Katalog ist aus einem neueren Studio. Nimm dieses; geändert wurde nichts.',
  catalog_locked: 'Ein anderes Studio benutzt diesen Katalog. Schließe es dort.',
  root_offline: 'Der Ordner ist gerade nicht da. Schließe seine Platte an; seine Bilder bleiben im Katalog.',
  no_references: 'Dafür fehlen Bilder im Katalog. Nimm einen Ordner auf, oder wähle andere Referenzen.',
  bad_manifest: 'Das Manifest des Pakets passt nicht. Besorge das Paket neu.',
  bad_header: 'Eine Datei des Pakets ist beschädigt. Besorge das Paket neu.',
  bad_tensor: 'Die Zahlen in einer Datei des Pakets passen nicht. Besorge das Paket neu.',
  bad_graph: 'Ein Netz des Pakets lässt sich hier nicht ausführen.',
  bad_archive: 'Das Archiv ist beschädigt.',
  bad_recipe:
    'Das Rezept in diesem Bild passt nicht. Erwartet wird ein Bild, das das Studio geschrieben hat.',
  external_data: 'Eine Datei des Pakets weist aus ihm hinaus. Das ist nicht erlaubt.',
  forbidden_format: 'Eine Datei hat ein Format, das nicht erlaubt ist.',
  graph_too_large: 'Ein Netz des Pakets ist größer, als erlaubt ist.',
  hash_mismatch: 'Eine Datei ist nicht die, die es sein sollte. Besorge sie neu.',
  part_missing: 'Dem Paket fehlt ein Teil. Besorge das Paket neu.',
  probe_timeout: 'Die Probe eines Pakets dauerte zu lange.',
  golden_mismatch: 'Das Paket rechnet hier anders, als es soll, und wird nicht benutzt.',
  pack_not_ready: 'Das Paket ist noch nicht bereit. Versuche es noch einmal.',
  engine_lost:
    'Der Rechenprozess ist unerwartet zu Ende gegangen. Er startet von selbst neu; versuche es noch einmal.',
  engine_failed: 'Der Rechenprozess ist an diesem Auftrag gescheitert.',
  backend_unavailable:
    'Nichts auf diesem Rechner kann das ausführen. Die Einzelheiten sagen, woran es liegt.',
  non_finite:
    'Die Rechnung ergab keine Zahl mehr. Versuche es mit weniger Führung oder einem anderen Startwert.',
  out_of_memory:
    'Der Arbeitsspeicher reicht nicht. Schließe andere Programme, oder nimm weniger Paare auf einmal.',
};

export const GERMAN_REASONS: Readonly<Record<Reason, string>> = {
  field_misfit: '{code}',

  no_folder_dialog:
    'Dieses Studio hat keinen Dialog für Ordner. Starte es mit --refs ORDNER, oder nimm den Ordner auf der Befehlszeile auf: import ORDNER.',
  no_typed_paths:
    'Von dieser Seite nimmt das Studio keine Pfade an. Nimm seinen Dialog oder einen der angebotenen Ordner (serve --root ORDNER), oder die Befehlszeile: import ORDNER.',
  root_unknown: 'Dieser Ordner ist nicht mehr bekannt. Füge ihn neu hinzu.',
  root_offline:
    'Der Ordner „{folder}“ ist gerade nicht da. Schließe seine Platte an; seine Bilder bleiben im Katalog.',
  root_emptied:
    'Der Ordner ist jetzt leer, aber aus ihm kamen schon Bilder. Falls seine Platte fehlt, schließe sie an; im Katalog wurde nichts geändert.',
  root_left:
    'Der Ordner verschwand, während er gelesen wurde. Schließe seine Platte an; seine Bilder bleiben im Katalog.',
  folder_busy:
    'Dieser Ordner wird schon gelesen. Warte darauf, oder brich es erst ab; eine Pause genügt nicht.',
  folder_denied: 'Das Studio darf diesen Ordner nicht lesen; in ihm wurde nichts angesehen.',
  folder_not_offered: 'Unter den Ordnern, die dieses Studio anbietet, ist kein „{folder}“.',
  folder_refused:
    'Es gibt keinen Ordner „{folder}“, den das Studio lesen darf. Erwartet wird der ganze Pfad eines Ordners mit Bildern.',
  image_unknown: 'Dieses Bild ist nicht im Katalog.',
  images_unknown: 'Eines dieser Bilder ist nicht im Katalog.',
  image_is_result: '„{name}“ hat das Studio gemacht. Lege es in der Galerie in den Papierkorb.',
  original_offline:
    'Das Original von „{name}“ liegt im Ordner „{folder}“, der gerade nicht da ist. Schließe seine Platte an: Dieses Paket braucht das Bild in einer anderen Größe, als aufgehoben ist.',
  original_gone:
    'Das Original von „{name}“ ist fort oder wurde seit dem Aufnehmen geändert. Lies seinen Ordner neu ein: Dieses Paket braucht das Bild in einer anderen Größe, als aufgehoben ist.',
  terms_cancel: 'Die Begriffe heben einander auf. Ändere ein Gewicht oder einen Begriff.',
  backup_room:
    'Eine Sicherung braucht {needed} MiB und {spare} MiB Reserve; frei sind {free} MiB. Schaffe Platz und versuche es noch einmal.',
  backup_unsound: 'Die Sicherung hat ihre Prüfung nicht bestanden und zählt nicht.',
  backup_unreadable: 'Die Sicherung lässt sich nicht lesen und zählt nicht.',
  index_damaged: 'Die Datei, in der gesucht wird, ist beschädigt und lässt sich hier nicht neu machen.',

  reference_unknown:
    'Die Referenz {image} ist nicht im Katalog. Lies ihren Ordner neu ein, oder wähle eine andere.',
  phrase_reference_unknown:
    'Die Referenz {image} von „{phrase}“ ist nicht im Katalog. Lies ihren Ordner neu ein, oder wähle eine andere.',
  phrase_without_images: 'Im Katalog ist kein Bild für „{phrase}“. Nimm erst einen Ordner auf.',
  nothing_to_retrieve:
    'Im Katalog sind keine Bilder, mit denen begonnen werden könnte. Nimm einen Ordner auf, oder beginne mit dem Prior.',
  source_unknown: 'Das Bild {image}, mit dem begonnen werden soll, ist nicht im Katalog.',
  pin_unread:
    'Vom angehefteten Bild „{name}“ kennt das Paket „{pack}“ keinen Vektor, und sein Original lässt sich gerade nicht lesen. Lies seinen Ordner neu ein, oder löse das Bild.',
  pin_unknown:
    'Das angeheftete Bild {image} ist nicht im Katalog. Lies seinen Ordner neu ein, oder löse das Bild.',

  job_unknown: 'Diesen Lauf kennt das Studio nicht.',
  job_not_waiting: 'Dieser Lauf wartet nicht mehr; sein Platz lässt sich nicht ändern.',
  no_prior: 'Das Paket „{pack}“ hat keinen Prior. Beginne mit deinen Bildern.',
  arm_failed:
    'Bei „{arm}“ ergab die Rechnung keine Zahl mehr. Versuche es mit weniger Führung oder einem anderen Startwert.',
  part_unrunnable:
    'Nichts auf diesem Rechner kann den Teil „{part}“ ausführen. Die Einzelheiten sagen, woran es liegt.',
  pictures_unwritten:
    'Die Bilder sind entstanden, ließen sich aber nicht speichern. {code} Derselbe Lauf ergibt dann dieselben Bilder.',

  pair_unknown: 'Dieses Paar ist nicht in der Galerie.',
  pairs_unknown: 'Eines dieser Paare ist nicht mehr in der Galerie.',
  picture_unknown: 'Dieses Bild ist nicht in der Galerie.',
  picture_file_gone:
    'Die Datei des Bildes „{arm}“ ist aus dem Ordner des Studios verschwunden. Rufe sein Rezept zurück und lass es noch einmal laufen.',
  half_unknown: 'Dieses Paar hat kein Bild „{arm}“.',
  half_is_all: 'Mehr als „{arm}“ hat dieses Paar nicht. Entferne statt der Hälfte das ganze Paar.',
  half_pair_gone: 'Das Paar, das dieser Lauf ergänzen soll, ist nicht mehr in der Galerie.',
  half_is_there: 'Das Paar hat sein Bild „{arm}“ schon; es bleibt nichts zu tun.',
  half_other_pack:
    'Das Paket „{pack}“ ist nicht mehr das, mit dem dieses Paar entstand, und die andere Hälfte würde nicht dazu passen. Lass den Satz für ein neues Paar noch einmal laufen.',
  recipe_missing:
    'In diesem PNG steht kein Rezept. Erwartet wird ein Bild, das das Studio geschrieben hat, mit seinen Metadaten.',
  explain_refined_only: 'Erklären lässt sich nur ein verfeinertes Bild; dieses ist „{arm}“.',
  explain_no_phrase: 'Hier ist nichts zu erklären: Keine Betonung dieses Bildes hat gewirkt.',
  explain_no_step: 'Hier ist nichts zu erklären: Kein Schritt dieses Laufs wurde verfeinert.',
  set_unknown: 'Diese Variation kennt das Studio nicht.',

  pack_unknown: 'Es gibt kein Paket „{pack}“. Installiert: {installed}.',
  pack_gone: 'Es gibt kein Paket „{pack}“.',
  no_generating_pack: 'Kein Paket ist installiert, das Bilder erzeugt. Erwartet wird eines unter models/.',
  pack_installed: 'Das Paket „{pack}“ ist schon installiert ({version}). Entferne es zuerst.',
  pack_shipped: 'Das Paket „{pack}“ ist schon installiert ({version}). Es gehört zum Studio.',
  pack_folder_taken:
    'Unter den importierten Paketen liegt ein Ordner „{pack}“, der kein brauchbares Paket ist. Räume ihn erst weg.',
  pack_stays: 'Das Paket „{pack}“ gehört zum Studio und lässt sich hier nicht entfernen.',
  pack_incomplete: 'Dem Paket „{pack}“ fehlt noch: {files}.',
  pack_fails_golden:
    'Der Teil „{part}“ des Pakets „{pack}“ rechnet hier anders, als er soll. Das Paket wird nicht benutzt.',
  pack_file_missing: 'Der Teil „{part}“ ({file}) fehlt. Besorge das Paket neu.',
  pack_file_linked: 'Der Teil „{part}“ ist eine Verknüpfung; erwartet wird eine gewöhnliche Datei im Paket.',
  pack_file_changed:
    'Der Teil „{part}“ ({file}) ist nicht die Datei, die das Manifest beschreibt. Besorge das Paket neu.',
  pack_file_unreadable: 'Im Paket „{pack}“ lässt sich die Datei {file} nicht lesen. Besorge das Paket neu.',
  chosen_file_missing: '{file} fehlt in dem, was gewählt wurde, oder ist abgeschnitten.',
  manifest_missing: 'Hier ist kein manifest.json. Wähle den Ordner eines Pakets oder seine .tar-Datei.',
  manifest_unreadable: 'manifest.json lässt sich nicht lesen. Besorge das Paket neu.',
  manifest_not_json: 'manifest.json ist kein JSON. Besorge das Paket neu.',
  manifest_misfit:
    'manifest.json beschreibt kein Paket, das dieses Studio kennt. Die Einzelheiten nennen die Stelle.',
  not_a_pack_tar: 'Das ist keine .tar-Datei eines Pakets. Wähle eine, oder den Ordner selbst.',

  evaluation_unknown: 'Es gibt keine Auswertung „{evaluation}“.',
  evaluation_empty: 'Die Auswertung „{evaluation}“ hat noch keine Bilder.',
  evaluation_idle: 'Die Auswertung „{evaluation}“ läuft nicht.',
  evaluation_running: 'Die Auswertung „{evaluation}“ läuft. Halte sie erst an, oder warte auf ihr Ende.',
  results_unknown: 'Es gibt keine Ergebnisse „{evaluation}“. Lass erst die Auswertung laufen.',
  results_empty: 'In den Ergebnissen „{evaluation}“ steht noch nichts.',
  results_differ:
    'Diese Ergebnisse entstanden mit anderen Angaben ({what}). Wähle einen anderen Namen, oder wiederhole sie wie damals.',
  results_other_reader: 'Diese Ergebnisse hat ein anderer Merkmalleser gelesen als der, der installiert ist.',
  results_unusable: 'Die Datei der Ergebnisse lässt sich nicht benutzen. Wähle einen anderen Namen.',
  prompt_set_unknown: 'Neben den Paketen liegen keine Sätze „{name}“.',
  prompt_set_damaged: 'Die Datei der Sätze „{name}“ ist beschädigt.',
  reader_missing:
    'Für das, was dieses Paket zeichnet, fehlt der Merkmalleser: Erwartet wird models/evaluation/{folder}/manifest.json.',
  reader_misfit:
    'Der Merkmalleser in models/evaluation/{folder} liest „{reads}“, das Paket zeichnet aber „{draws}“.',
  reader_file_missing: 'Dem Merkmalleser fehlt die Datei {file}.',
  lpips_missing:
    'Die LPIPS-Datei {file} fehlt. Erzeuge sie mit training.export.lpips, oder werte ohne LPIPS aus.',
  wrong_needs_two: '„Falsche Betonungen“ braucht einen zweiten Satz, von dem die Referenzen kommen.',

  study_unknown: 'Es gibt keine Studie „{study}“.',
  study_taken: 'Eine Studie „{study}“ gibt es schon. Wähle einen anderen Namen.',
  study_rated: 'Eine Studie „{study}“ ist schon hier, mit ihren Bewertungen.',
  study_without_pictures: 'Zu keinem Satz dieser Auswertung gibt es in jedem dieser Arme ein Bild.',
  study_damaged: 'Eine Datei dieser Studie ist beschädigt. Stelle sie aus einer Kopie wieder her.',
  study_picture_unknown: 'Dieses Bild hat die Studie nicht.',
  study_altered: 'Die Studie zeigt zweierlei unter einem Bildnamen; sie wurde verändert.',
  not_a_study_file: 'Das ist keine Datei einer Studie. Wähle eine, die ein Studio ausgegeben hat.',
  study_file_incomplete: 'In der Datei der Studie fehlt ein Bild. Lass sie dir noch einmal geben.',
  sheet_empty: '„{rater}“ hat noch nichts bewertet.',
  sheet_misfit: 'Der Bogen von „{rater}“ passt nicht zu dieser Studie. Die Einzelheiten sagen, warum.',
  sheet_open: 'Der Bogen von „{rater}“ ist nicht versiegelt; nur versiegelte Bögen werden aufgenommen.',
  sheet_other: 'Von „{rater}“ gibt es in dieser Studie schon einen anderen Bogen.',
  sheet_sealed: 'Der Bogen von „{rater}“ ist versiegelt und nimmt keine Antworten mehr an.',
  sheet_lacks: 'Im Bogen von „{rater}“ sind {open} von {items} Antworten offen; versiegeln geht noch nicht.',
  no_raters: 'Noch hat niemand bewertet: Es gibt nichts aufzudecken.',
  raters_open: 'Noch nicht aufgedeckt, denn diese Bögen sind nicht versiegelt: {raters}.',
  key_elsewhere:
    'Diese Studie kommt von anderswo: Ihren Schlüssel hat, wer sie gemacht hat. Schicke deinen versiegelten Bogen zurück.',
  key_wrong: 'Der Schlüssel fehlt oder ist nicht der, mit dem die Studie gemacht wurde.',

  settings_not_json:
    'Die Datei der Einstellungen ist kein JSON. Bringe sie in Ordnung, oder lösche sie, um neu zu beginnen.',
  settings_misfit: 'Die Datei der Einstellungen passt nicht. Die Einzelheiten nennen die Stelle.',
  vectors_unreachable:
    'Der Server der Vektoren ({place}) ist nicht zu erreichen. Starte ihn, oder starte das Studio ohne ACCENT_VECTORS, um auf diesem Rechner zu suchen.',
  vectors_failed:
    'Der Server der Vektoren ({place}) antwortet mit einem Fehler. Die Einzelheiten nennen ihn.',
  vectors_taken:
    'Ein anderes Studio mit einer Kopie dieses Katalogs benutzt die Vektoren auf {place}. Schließe es dort; ein kopierter Datenordner kann nicht zweimal benutzt werden. War es dieses Studio und riss seine Verbindung ab, versuche es in einer Minute noch einmal.',
  vectors_login:
    'Der Server der Vektoren ({place}) nimmt diesen Nutzer oder sein Passwort nicht an. Prüfe ACCENT_VECTORS, PGPASSWORD oder die Datei .pgpass.',
  vectors_no_database:
    'Der Server der Vektoren ({place}) hat keine Datenbank dieses Namens. Lege sie dort an, oder prüfe ACCENT_VECTORS.',
  vectors_not_permitted:
    'Auf dem Server der Vektoren ({place}) darf dieser Nutzer das nicht. Er braucht das Recht, Tabellen und die Erweiterung „vector“ anzulegen.',
  vectors_read_only: 'Der Server der Vektoren ({place}) lässt sich nur lesen. Nenne den, der auch schreibt.',
  vectors_disk_full: 'Die Festplatte des Servers der Vektoren ({place}) ist voll.',
  vectors_exhausted:
    'Dem Server der Vektoren ({place}) fehlen gerade die Mittel. Versuche es später noch einmal.',
  vectors_starting: 'Der Server der Vektoren ({place}) startet noch. Versuche es gleich noch einmal.',
  vectors_too_long:
    'Ein HNSW-Index nimmt Vektoren bis {most} Zahlen, dieses Paket hat {dims}. Nimm ACCENT_VECTORS_INDEX weg, um ohne ihn zu suchen.',
  vectors_no_pgvector:
    'Dem Server der Vektoren ({place}) fehlt pgvector. Installiere es dort, oder nenne einen anderen Server.',
  vectors_newer: 'Die Vektoren auf {place} hat ein neueres Studio geschrieben. Nimm dieses.',
  vectors_other_encoder:
    'Auf {place} liegen in der Tabelle {table} die Vektoren eines anderen Encoders. Nenne eine andere Datenbank.',
  vectors_other_length:
    'Auf {place} liegen in der Tabelle {table} Vektoren aus {length} Zahlen, dieses Paket hat {dims}. Nenne eine andere Datenbank.',
};
