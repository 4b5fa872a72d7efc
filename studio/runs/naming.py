"""Names for experiments that were given none: an adjective and an animal, easy to say and to tell apart."""

import random
from collections.abc import Container

_ADJECTIVES = """
amber bold brave brisk calm clear clever crisp eager fair fleet gentle golden green happy keen kind lively lucid
mellow merry modest nimble noble patient plain proud quick quiet ready royal rustic sharp silver smart snug
solid spry steady sunny swift tidy vivid warm wise witty young zesty
"""
_ANIMALS = """
badger beaver bison crane deer dolphin dove eagle elk falcon ferret finch fox gecko gull hare heron ibex jay
kite koala lark lemur lynx marten mole moose newt otter owl panda pike plover puffin quail rabbit raven robin
salmon seal shrew stork swan tapir tern trout turtle vole whale wren yak zebra
"""


def propose_name(taken: Container[str]) -> str:
    """A two-word name that is not taken; numbered when all are."""
    for _ in range(200):
        name = f"{random.choice(_ADJECTIVES.split())}-{random.choice(_ANIMALS.split())}"
        if name not in taken:
            return name
    base = f"{random.choice(_ADJECTIVES.split())}-{random.choice(_ANIMALS.split())}"
    return next(f"{base}-{number}" for number in range(2, 1_000_000) if f"{base}-{number}" not in taken)
