"""Agreement of noun and verb with their number: findings are written for many rows and are often about one."""

import re

_IRREGULAR_NOUNS = {"classes": "class", "boxes": "box", "axes": "axis", "stretches": "stretch", "entries": "entry"}
_IRREGULAR_VERBS = {"have": "has", "are": "is", "were": "was", "do": "does"}
_NOUNS = (
    "rows|images|volumes|recordings|texts|cells|classes|labels|files|names|folders|boxes|masks|pictures|values|numbers|"
    "columns|lines|tables|sentences|questions|targets|groups|words|tags|spans|shapes|annotations|stretches|objects|axes|"
    "entries|characters|splits|videos|frames|answers|documents|files|coordinates|polygons|maps|series|hits|channels"
)
_VERBS = (
    "have|are|were|do|hold|lack|name|contain|duplicate|state|lie|look|differ|count|say|extend|belong|occur|come|share|"
    "begin|end|repeat|need|use|mark|describe|give|stand|mean|refer|fit|match|list|point|show|sound|carry|disagree"
)
_SUBJECT = re.compile(
    rf"(?<![\d,.])\b1 (?P<middle>(?:[a-z]+ )?)(?P<noun>{_NOUNS})\b(?P<of>(?: of [a-z]+(?: names)?)?)"
    rf"(?P<verb> (?:{_VERBS})\b)?"
)
_SECOND = re.compile(
    r"(?P<link>,? and) (?P<verb>are|were|have|count)(?= (?:not|left|used|ignored|no|as|kept|read|matched)\b)"
)


def agreed(text: str) -> str:
    """The text with singular noun and verb where it says `1 rows have`, and in what follows about the same subject."""
    found = _SUBJECT.search(text)
    if found is None:
        return text
    noun = found["noun"]
    singular = _IRREGULAR_NOUNS.get(noun, noun if noun == "series" else noun[:-1])
    verb = f" {_third_person(found['verb'].strip())}" if found["verb"] else ""
    rest = text[found.end() :]
    if verb:
        end = re.search(r"[.;:]", rest)
        stop = end.start() if end else len(rest)
        rest = _SECOND.sub(lambda one: f"{one['link']} {_third_person(one['verb'])}", rest[:stop]) + rest[stop:]
    return f"{text[: found.start()]}1 {found['middle']}{singular}{found['of']}{verb}{agreed(rest)}"


def _third_person(verb: str) -> str:
    return _IRREGULAR_VERBS.get(verb, f"{verb[:-1]}ies" if verb.endswith("ry") else f"{verb}s")
