"""People's answers that a call gives for many patients: found by whom they are about."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from os import PathLike

from msgspec.structs import replace

from screener.records.addresses import plain_id
from screener.records.dictionary import Dictionary
from screener.records.patient import Patient, digest_of
from screener.records.questionnaire import GivenAnswers, read_answers, with_answers


class Given:
    """The answers of some files. A file of one patient's answers is about that patient, as one of several is: everybody
    else's record goes without."""

    def __init__(self, files: Sequence[PathLike[str]], dictionary: Dictionary) -> None:
        """Raises RecordError where a file cannot be used."""
        self.dictionary = dictionary
        self.all = [replace(each, is_alone=False) for file in files for each in read_answers(file, dictionary)]
        self.digest = digest_of([(each.subject, each.answers, each.review) for each in self.all])
        self._by_id: dict[str, list[GivenAnswers]] = {}
        self._by_identifier: list[GivenAnswers] = []
        for each in self.all:
            if each.subject.id is None:
                self._by_identifier.append(each)
            else:
                self._by_id.setdefault(plain_id(each.subject.id), []).append(each)

    def about(self, patient: Patient) -> list[GivenAnswers]:
        """Those about one patient."""
        named = (*self._by_id.get(plain_id(patient.id), ()), *self._by_identifier)
        return [each for each in named if each.subject.is_about(patient)]

    def answered(self, patient: Patient) -> Patient:
        """The patient with the answers about this one; the same where there are none. Raises RecordError, as `screen`
        does, where they cannot be used."""
        about = self.about(patient)
        return with_answers(patient, about, self.dictionary) if about else patient

    def waiting(self, patients: Iterable[Patient]) -> list[GivenAnswers]:
        """Those that are about none of the patients."""
        reached = {id(each) for patient in patients for each in self.about(patient)}
        return [each for each in self.all if id(each) not in reached]
