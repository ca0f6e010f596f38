"""What libraries of FHIR models make of the same Bundles, and of HL7's examples: how long they take, what they accept.

Each library is measured where it is installed, and left out where it is not. None is needed by screener, so give them
an environment of their own:

    python -m venv /tmp/models
    /tmp/models/bin/pip install . fhir.resources fhirkit-rs fhirclient fhircraft
    /tmp/models/bin/python benchmarks/fhir_models.py [--runs 5] [--without fhircraft]

Times are those of the processor from text to objects, medians, run in turn, and ratios to parsing the text twice with
`json.loads` and walking once over the result. What is screener's is the whole reading, to facts.
"""

from __future__ import annotations

import argparse
import gzip
import json
import sys
import time
from collections.abc import Callable
from importlib import import_module
from importlib.metadata import version
from importlib.util import find_spec

from bundles import DATA, in_turn, large_bundle, ordinary_bundle, touch

from screener import load_rules
from screener.records.dictionary import Dictionary
from screener.records.errors import RecordError
from screener.records.reading import read_patients

Parse = Callable[[bytes], object]

sys.path.pop(0)  # `fhir.py` beside this file would stand before the package of that name


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--without", action="append", default=[], metavar="LIBRARY")
    asked = parser.parse_args()
    wanted = {name: make for name, make in MAKERS.items() if name not in asked.without}
    libraries = {name: made for name, make in wanted.items() if (made := imported(name, make)) is not None}
    with gzip.open(DATA / "fhir-r4-examples" / "examples.ndjson.gz") as file:
        examples = file.read().splitlines()
    bundles = {"ordinary": ordinary_bundle(), "large": large_bundle()}
    for name, text in bundles.items():
        usable = {library: parse for library, parse in libraries.items() if accepts(parse, text)}
        touched, *times = in_turn(
            [lambda text=text: touch(text), *(lambda parse=parse, text=text: parse(text) for parse in usable.values())],
            asked.runs,
        )
        print(f"{name} Bundle, {len(text) / 1e6:.2f} MB; json twice and a walk: {touched:.1f} ms")
        for library, taken in zip(usable, times, strict=True):
            print(f"  {library:<40}{taken:>9.1f} ms{taken / touched:>8.2f}")
        for library in libraries.keys() - usable.keys():
            print(f"  {library:<40}   refuses it")
    print(f"of HL7's {len(examples)} examples")
    for library, parse in libraries.items():
        refused = [kind_of(text) for text in examples if not accepts(parse, text)]
        print(
            f"  {library:<40}{len(examples) - len(refused):>4} accepted, {len(refused)} refused: {', '.join(refused)}"
        )


def imported(name: str, make: Callable[[], Parse]) -> Parse | None:
    """A library's way from text to objects, with how long its import took; None if it is not installed."""
    package = name.partition(" ")[0]
    if find_spec(package.partition(".")[0]) is None:
        print(f"{name} is not installed")
        return None
    start = time.process_time()
    parse = make()
    number = version(PACKAGES.get(package, package))
    print(f"{name} {number}: imported in {(time.process_time() - start) * 1000:.0f} ms")
    return parse


def accepts(parse: Parse, text: bytes) -> bool:
    try:
        parse(text)
    except Exception:  # each library has errors of its own, and one that crashes does not accept it either
        return False
    return True


def kind_of(text: bytes) -> str:
    resource = json.loads(text)
    return f"{resource['resourceType']}/{resource['id']}"


# ---- the libraries


def _screener() -> Parse:
    dictionary = Dictionary(load_rules())

    def parse(text: bytes) -> object:
        read = list(read_patients(text, dictionary))
        errors = [each for each in read if isinstance(each, RecordError)]
        # That a file holds hospitals or search parameters alone is an answer, not a failure to read it.
        if errors and "there is no " not in str(errors[0]):
            raise errors[0]
        return read

    return parse


def _fhir_resources() -> Parse:
    models = import_module("fhir.resources.R4B")
    import_module("fhir.resources.R4B.bundle")
    return lambda text: models.get_fhir_model_class(json.loads(text)["resourceType"]).model_validate_json(text)


def _fhirkit() -> Parse:
    parse = import_module("fhirkit").parse
    return lambda text: parse(text.decode())


def _fhirkit_strict() -> Parse:
    parse = import_module("fhirkit").parse
    return lambda text: parse(text.decode(), strict=True)


def _fhirclient() -> Parse:
    factory = import_module("fhirclient.models.fhirelementfactory").FHIRElementFactory

    def parse(text: bytes) -> object:
        resource = json.loads(text)
        return factory.instantiate(resource["resourceType"], resource)

    return parse


def _fhircraft() -> Parse:
    get_type = import_module("fhircraft.fhir.resources.datatypes.registry").get_fhir_type

    def parse(text: bytes) -> object:
        resource = json.loads(text)
        return get_type(resource["resourceType"], "R4").model_validate(resource)

    parse(b'{"resourceType": "Bundle", "type": "collection"}')

    return parse


PACKAGES = {"fhirkit": "fhirkit-rs"}
MAKERS: dict[str, Callable[[], Parse]] = {
    "screener": _screener,
    "fhir.resources (R4B)": _fhir_resources,
    "fhirkit": _fhirkit,
    "fhirkit (strict)": _fhirkit_strict,
    "fhirclient": _fhirclient,
    "fhircraft": _fhircraft,
}


if __name__ == "__main__":
    main()
