"""
Which details of a scene can be seen at all. A scene's label may name what its own picture does not show; such a detail is
no detail of the picture, so it is neither taught nor asked, in any arm.

The rule is the scene's geometry, never a reader's opinion: training/data/visible.ts draws scenes again with every other
value of a group and reports the groups of which no other value changes a single pixel.
"""


def hidden(scene: dict) -> set[str]:
    """
    Groups of a scene that its picture does not show. Stubble is drawn as a shade of the skin, so under a hat nothing is
    left of the hair's colour; every other beard has it.
    """
    if "hat" in scene and scene.get("beard") == "stubble":
        return {"hairColour"} & scene.keys()
    return set()


def shown(scene: dict) -> dict:
    """The scene without what is hidden in its own picture."""
    away = hidden(scene)
    return {g: v for g, v in scene.items() if g not in away}
