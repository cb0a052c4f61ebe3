"""
More words for what the glossary names, for the text encoder alone: captions keep to a few words a value, but people do not.
None of them is a held-out synonym (a test holds that), so paraphrases stay a fair examination.
"""

import re

from ..common.data import Glossary
from . import scene_words

_COLOURS = {
    "red": "crimson, ruby, cherry red, vermilion, tomato red, cardinal, blood red, bright red, strawberry red, reddish, poppy red",
    "pink": "bubblegum, fuchsia, salmon pink, candy pink, flamingo, rosy, coral pink, light pink, bright pink, pinkish, peony",
    "orange": "pumpkin, apricot, carrot, amber, mandarin, bright orange, orangey, clementine, saffron orange",
    "yellow": "lemon, canary yellow, sunny yellow, gold, butter yellow, banana yellow, bright yellow, honey, sunflower, blonde yellow",
    "green": "jade, grass green, leafy green, kelly green, bright green, greenish, mossy green, clover green, viridian, malachite",
    "lime": "neon green, yellow-green, pistachio, bright yellowish green, apple green, acid green, spring green",
    "blue": "sapphire, cerulean, denim blue, bright blue, bluish, electric blue, ocean blue, marine blue, cornflower",
    "sky blue": "pale blue, cerulean, baby blue, soft blue, cornflower, icy blue, cloudless blue",
    "teal": "blue-green, sea green, peacock, dark cyan, greenish blue, petrol, cyan",
    "cyan": "electric cyan, bright cyan, sea blue, blue-green, icy cyan, teal",
    "purple": "grape, aubergine, eggplant, mulberry, royal purple, bright purple, purplish, lavender purple, orchid, heather",
    "lavender": "pale violet, periwinkle, wisteria, soft purple, light violet, heather, orchid",
    "white": "pearl, alabaster, milk-white, chalk white, pure white, whitish, ghostly white, bone white, frosty, bleached",
    "grey": "ash, smoky, graphite, steel grey, stone grey, greyish, gunmetal, pewter, metallic",
    "black": "ebony, onyx, raven, ink-black, coal black, blackish, obsidian, dark, sable",
    "brown": "mocha, hazel, walnut, cocoa brown, coffee brown, brownish, mahogany, hazelnut, umber",
    "navy": "midnight blue, deep blue, dark navy, ink blue, marine, very dark blue",
    "rust": "copper red, brownish red, russet, reddish brown, clay red, oxide red, burnt red",
    "blond": "sandy, flaxen, honey blond, straw-coloured, light, yellow, platinum, wheaten",
    "ginger": "orange, reddish, red, titian, rusty, carroty, copper red, strawberry blond",
}
_BY_GROUP = {
    ("skin", "light"): "white, porcelain, light-toned, creamy, whitish, peachy",
    ("skin", "tan"): "bronzed, sun-kissed, medium, light brown, honey, beige, sallow",
    ("skin", "brown"): "medium brown, mocha, cinnamon, brownish, toffee, copper brown",
    ("skin", "dark"): "black, ebony, very dark, dark brown, espresso, deep, mahogany",
    ("background", "pale blue"): "light blue, sky blue, soft blue, icy blue, pastel blue, baby-blue",
    ("background", "pale purple"): "light purple, lavender, pastel purple, light violet, wisteria",
    ("background", "pale pink"): "light pink, pastel pink, rosy, baby pink, faint pink",
    ("background", "cream"): "off-white, pale yellow, beige, eggshell, light yellow, buttery, champagne",
    ("background", "deep blue"): "blue, sapphire, navy blue, marine blue",
    ("background", "violet"): "purple, dark purple, royal purple, grape, dark violet",
    ("background", "magenta"): "hot pink, fuchsia, dark pink, cerise, ruby, pinkish red, deep pink, berry",
    ("background", "rust"): "rusty, orange-brown, copper, reddish orange, clay, russet, brownish orange",
    ("background", "forest"): "deep green, bottle green, green, hunter green, mossy, jungle green",
    ("background", "midnight"): "black, very dark, ink-black, night-dark, dark navy, inky, almost black, coal",
    ("subject", "person"): "a human, a man, a woman, a lego-like figure, a pixel person, a cubic figure, a guy, a girl, a boxy human being",
    ("subject", "critter"): "a monster, a cute alien, an alien, a blob monster, an animal, a strange being, a friendly beastie, a small animal",
    ("subject", "plant"): "a flowerpot, a pot plant, an indoor plant, greenery in a pot, a plant in a planter, a window plant, a pot with a plant",
    ("subject", "robot"): "a machine, a droid, a mechanical man, a metal figure, a cyborg, a humanoid machine, an automaton",
    ("hair", "short"): "close-cut hair, a crew cut, trimmed hair, a buzz cut, a short hairdo, neat short hair",
    ("hair", "spiky"): "spiked hair, hair standing up in points, pointed hair, hedgehog hair, jagged hair, bristling hair",
    ("hair", "bowl"): "a pudding-bowl cut, a pageboy, hair cut like a bowl, a rounded fringe, a helmet-like haircut",
    ("hair", "curly"): "curly locks, a curly hairdo, frizzy hair, coiled hair, a perm, corkscrew curls, hair in curls",
    ("hair", "mohawk"): "a mohawk hairdo, a crest of hair, punk hair, a strip of hair on top, a punk haircut, a punk crest",
    ("hair", "buns"): "double buns, hair in two buns, two hair balls, a pair of buns, twin buns, two knots of hair",
    ("hair", "ponytail"): "hair in a knot on the head, a man bun, a bun on top, hair tied on top, an updo, a high ponytail",
    ("hair", "long"): "straight long hair, flowing straight hair, waist-length hair, hair down to the shoulders, sleek long hair, smooth hair",
    ("hair", "wavy"): "waves of hair, long hair in waves, rippling hair, flowing wavy hair, wavy locks, billowing hair",
    ("hair", "braids"): "pigtails, two braids, hair in braids, woven hair, cornrows, twisted braids, plaited hair",
    ("hair", "afro"): "a round afro, a big afro, a large ball of curly hair, a puffy hairdo, an afro hairdo, a huge round hairstyle",
    ("hat", "cap"): "newsboy cap, cap with a brim, baseball cap, visor cap, hat with a peak, driving cap",
    ("hat", "beanie"): "knit cap, knitted hat, winter hat, wool cap, pompom hat, ski hat, bobble cap, woollen beanie",
    ("hat", "ears"): "hood with ears, teddy bear hood, cat-ear hood, animal-eared hat, hat with ears, bear hat",
    ("hat", "bunny"): "hare hood, hat with long ears, bunny hat, bunny-eared hat, hood with long rabbit-like ears, easter bunny hood",
    ("beard", "full"): "a long beard, a heavy beard, a beard, a dense beard, a large beard, a lumberjack beard, a bearded face",
    ("beard", "moustache"): "a handlebar moustache, facial hair above the mouth, a mustachioed face, hair on the upper lip, a walrus moustache",
    ("beard", "goatee"): "a small beard on the chin, a chin tuft, a pointed beard, a little chin beard, a van dyke beard",
    ("beard", "stubble"): "a five o'clock shadow, light facial hair, unshaved cheeks, a stubbly chin, a scruffy face, a shadow of a beard",
    ("glasses", "round"): "circular glasses, circle glasses, round eyeglasses, round-rimmed glasses, round specs, circular spectacles",
    ("glasses", "square"): "rectangular glasses, square eyeglasses, boxy glasses, square-rimmed glasses, rectangular spectacles, square specs",
    ("glasses", "shades"): "black glasses, black sunglasses, tinted glasses, cool shades, black shades, dark shades",
    ("glasses", "visor"): "a futuristic eye band, a high-tech visor, a cyber visor, a science fiction visor, a goggle band",
    ("mouth", "smile"): "a gentle smile, a smiling mouth, a slight smile, a friendly smile, a kind smile, a nice smile",
    ("mouth", "laugh"): "an open laughing mouth, laughter, a wide open mouth, a giggling mouth, a roaring laugh, laughing",
    ("mouth", "frown"): "a gloomy mouth, a sorrowful mouth, a downturned mouth, a grumpy mouth, sadness, a frowning mouth, a displeased mouth",
    ("mouth", "grin"): "a grin showing teeth, a wide white grin, bared teeth, a toothy smile, a smile with teeth, clenched teeth",
    ("outfit", "plain"): "tee shirt, simple shirt, basic shirt, plain top, ordinary shirt, short-sleeved shirt",
    ("outfit", "stripes"): "stripy shirt, striped top, shirt with stripes, striped jumper, sweater with stripes, striped tee shirt",
    ("outfit", "overalls"): "shirt and dungarees, shirt with bib overalls, overalls, dungarees, shirt with suspendered overalls",
    ("outfit", "jacket"): "unzipped jacket, bomber jacket, light jacket, jacket left open, zip jacket, windbreaker",
    ("outfit", "coat"): "trench coat, winter coat, long buttoned coat, coat, topcoat, coat with buttons",
    ("outfit", "dress"): "frock, summer dress, robe, long dress, evening dress, sundress",
    ("outfit", "suit"): "business suit, formal suit, dinner jacket, smart suit, dark suit, suit and tie, formal wear",
    ("outfit", "checker"): "tartan jacket, checked jacket, gingham jacket, checkerboard jacket, jacket with checks, lumberjack jacket",
    ("critterBody", "boxy"): "a squarish body, a block-like body, a cubic body, a box-shaped body, a rectangular body, a cuboid body",
    ("critterBody", "narrow"): "a thin body, a slender body, a lean body, a tall thin body, a slight body",
    ("critterBody", "wide"): "a big round body, a chubby body, a plump body, a broad body, a stout body, a round fat-bellied body",
    ("critterBody", "bell"): "a body shaped like a bell, a flared body, a body that widens below, a skirt-like body, a bell-like body",
    ("critterBody", "stepped"): "a body with steps, a shouldered body, a body with a ledge, a tiered body, a terraced body, a staircase body",
    ("critterBody", "dome"): "a domelike body, a half-round body, a body shaped like a dome, a rounded body, an arched body",
    ("critterTop", "horns"): "two horns, devil horns, long horns, horns on the head, goat horns, curved horns",
    ("critterTop", "antenna"): "one antenna, single aerial, stalk on the head, one feeler-like stalk, lone antenna",
    ("critterTop", "antennae"): "two antennae, antenna pair, insect antennae, two stalks, twin antennae, bug antennae",
    ("critterTop", "round ears"): "bear ears, rounded ears, ears like a mouse, teddy ears, ball-shaped ears",
    ("critterTop", "pointy ears"): "pointed ears, fox ears, ears like a cat, triangular ears, kitten ears",
    ("critterTop", "spikes"): "spines, spiky back, prickles, dinosaur spikes, line of spikes, pointed spikes",
    ("critterTop", "sprout"): "plant on the head, two leaves on the head, leafy sprout, little plant on top, leaves growing from the head",
    ("critterEyes", "round"): "a pair of round eyes, wide round eyes, two big eyes, circle eyes, two circular eyes",
    ("critterEyes", "happy"): "smiling eyes, joyful eyes, eyes closed in joy, merry eyes, glad eyes",
    ("critterEyes", "wink"): "a winking face, winking, a cheeky wink, one closed eye, an eye closed in a wink",
    ("critterEyes", "angry"): "mad eyes, an angry stare, cross eyebrows, glaring eyes, raging eyes, a fierce look",
    ("critterEyes", "sleepy"): "tired eyes, droopy eyes, heavy-lidded eyes, half-shut eyes, weary eyes",
    ("critterEyes", "dots"): "tiny eyes, bead eyes, beady eyes, little black eyes, pinprick eyes, eyes like dots",
    ("critterEyes", "mono"): "one eye, a single large eye, one giant eye, a one-eyed face, one round eye in the middle",
    ("critterEyes", "trio"): "a triple of eyes, 3 eyes, a row of three eyes, a three-eyed face, eyes in threes",
    ("critterEyes", "four"): "4 eyes, two pairs of eyes, a four-eyed face, a set of four eyes, a row of four eyes",
    ("critterMouth", "smile"): "a gentle smile, a smiling mouth, a friendly smile, a nice smile, a cheerful mouth",
    ("critterMouth", "grin"): "an open laughing mouth, a broad open grin, a big open smile, a laughing face, a grinning open mouth",
    ("critterMouth", "ooh"): "an o-shaped mouth, a shocked mouth, an amazed mouth, a tiny round mouth, a mouth open in surprise, a startled mouth",
    ("critterMouth", "frown"): "a gloomy mouth, a downturned mouth, a sorrowful mouth, a frowning mouth, a displeased mouth",
    ("critterMouth", "teeth"): "sharp teeth, a mouth with big teeth, a fanged mouth, many teeth, a monster's teeth, bared teeth",
    ("critterMouth", "zigzag"): "a zig-zag mouth, a sawtooth mouth, a wiggly mouth, a mouth like a saw, a wavy mouth",
    ("plant", "sprout"): "a seedling, a small shoot, a baby plant, a new shoot, two young leaves, a germ",
    ("plant", "cactus"): "a desert cactus, an armed cactus, a cactus with two arms, a big cactus, a western cactus",
    ("plant", "ball"): "a globe cactus, a cactus like a ball, a small round cactus, a barrel cactus, a ball-shaped cactus",
    ("plant", "succulent"): "an aloe vera, a fleshy plant, a rosette of thick leaves, an echeveria, a plant with thick pointed leaves",
    ("plant", "bush"): "a shrub, a leafy bush, a boxwood, a round bush, a green shrub, a topiary",
    ("plant", "flower"): "a blooming flower, a single bloom, a marguerite, a sunflower, a flower with petals",
    ("plant", "tulip"): "a closed tulip, a spring tulip, a dutch tulip, a tulip bloom, a flower like a cup",
    ("plant", "palm"): "a palm plant, a tropical palm, a small palm, a date palm, a beach palm",
    ("plant", "grass"): "a tuft of grass, long grass, green blades, a clump of grass, a grassy tuft",
    ("plant", "buds"): "closed buds, budding flowers, little round buds, buds on stems, balls on stems",
    ("pot", "tapered"): "cone-shaped pot, narrowing pot, tapering pot, pot narrower at the bottom, funnel-shaped pot",
    ("pot", "bowl"): "dish, shallow bowl, round-bottomed bowl, bowl planter, pot shaped like a bowl",
    ("pot", "round"): "rounded pot, ball pot, globe-shaped pot, bulbous pot, pot like a ball",
    ("pot", "rimmed"): "pot with an edge, pot with a collar, lipped pot, pot with a thick rim, classic flowerpot with a rim",
    ("pot", "straight"): "straight-sided pot, box pot, upright pot, pot with straight walls, cylinder pot",
    ("robotTop", "antenna"): "one antenna, a lone antenna, an antenna on the head, a radio antenna, a rod on the head",
    ("robotTop", "twin"): "a pair of antennas, double antennas, antennas on both sides, two aerials, two rods on the head",
    ("robotTop", "dish"): "a dish antenna, a parabolic dish, a tv dish, a dish on the head, a radar",
    ("robotTop", "fin"): "a shark fin, a fin on top, a head crest, a mohawk-like fin, a ridge on the head, a blade on the head",
    ("robotTop", "siren"): "a warning light, a flashing light on the head, a police light, an emergency light, a beacon, a rotating light",
    ("robotTop", "studs"): "rivets on the head, screws on the head, bolts, bumps on the head, pegs on the head, two bolts on top",
    ("robotEyes", "round"): "two circular eyes, circle eyes, a pair of round eyes, round lamps for eyes",
    ("robotEyes", "square"): "two boxy squares for eyes, rectangular eyes, squarish eyes, eyes like squares, block eyes",
    ("robotEyes", "visor"): "a visor, an eye band, a band of light across the eyes, a glowing eye slit, a bar for eyes",
    ("robotEyes", "cyclops"): "a cyclops lens, one eye, one big round lens, a one-eyed face, a single round lens",
    ("robotEyes", "plus"): "cross-shaped eyes, plus eyes, eyes like crosses, plus signs for eyes, x-like eyes",
    ("chest", "buttons"): "buttons on the chest, a panel of buttons, a keypad, a dashboard, a control board, a console on the chest",
    ("chest", "vents"): "ventilation slots, grilles, louvres, a grille on the chest, cooling slots, air vents",
    ("chest", "screen"): "a tv on the chest, a built-in screen, a screen, a display panel, a chest display",
    ("chest", "heart"): "a heart symbol, a heart light, a red heart, a heart emblem, a heart shape on the body",
}


def extras(group: str, value: str) -> list[str]:
    """More words for a value, bare: a colour's without its noun."""
    words = _BY_GROUP.get((group, value)) or scene_words.BY_GROUP.get((group, value)) or _BY_GROUP.get((group.replace("plant", "critter"), value)) or _COLOURS.get(value)
    return [w.strip() for w in words.split(",")] if words else []


def phrases(glossary: Glossary) -> list[tuple[str, str, str]]:
    """(text, group, value) of every extra phrase that no held phrase equals."""
    held = {bare(p["text"]) for p in glossary.held_phrases}
    out = []
    for group, values in glossary.groups.items():
        for value in values:
            for word in extras(group, value):
                text = f"{word} {glossary.nouns[group]}" if group in glossary.nouns else word
                if bare(text) not in held:
                    out.append((text, group, value))
    return out


def said(glossary: Glossary) -> dict[tuple[str, str], list[str]]:
    """The captions' own words of each value, bare and without a colour's noun, longest first."""
    out: dict[tuple[str, str], list[str]] = {}
    for p in glossary.phrases:
        words = bare(p["text"]).removesuffix(" " + glossary.nouns.get(p["group"], "\0"))
        out.setdefault((p["group"], p["value"]), []).append(words)
    return {k: sorted(v, key=len, reverse=True) for k, v in out.items()}


def reworded(text: str, attributes: dict[str, str], words: dict[tuple[str, str], list[str]], random, share: float = 0.7) -> str:
    """A text with the words of its attributes replaced by other ones, each with chance `share`; `random` is a random.Random."""
    for group, value in attributes.items():
        choices = extras(group, value)
        if not choices or random.random() > share:
            continue
        for word in words.get((group, value), []):
            found = re.search(rf"\b{re.escape(word)}\b", text)
            if found:
                text = text[: found.start()] + bare(random.choice(choices)) + text[found.end() :]
                break
    return text


def bare(text: str) -> str:
    for article in ("a ", "an ", "the "):
        if text.startswith(article):
            return text[len(article) :]
    return text
