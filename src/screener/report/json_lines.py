"""A screening as JSON, one line a patient, with what else was asked for."""

from __future__ import annotations

from screener.contract import ResultForm
from screener.report.forms import Texts
from screener.screening import Screening


class JsonLines(Texts):
    """`--json`"""

    encoding = "utf-8"
    form: ResultForm = "full"

    def text(self, screening: Screening) -> str:
        extra = self.further(screening)
        if extra is None:
            return screening.to_json(self.form) + "\n"
        from screener.report.further import json_with

        return json_with(screening, extra, self.form) + "\n"


class Compact(JsonLines):
    """`--compact`"""

    form = "compact"
