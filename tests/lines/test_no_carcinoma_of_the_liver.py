"""What is no carcinoma: an operation on womb or ovaries, an HIV infection; and what is none of the liver."""

from __future__ import annotations

from typing import Any

import pytest

from lines.casebook import MAN, result_of

AFP = {"name": "AFP", "value": 9, "unit": "ng/mL", "date": "2026-03-11"}


@pytest.mark.parametrize(
    ("record", "status"),
    [
        ({"procedures": [{"name": "bilateral_oophorectomy", "date": "2015", "status": "done"}]}, "passed"),
        ({"procedures": [{"name": "hysterectomy", "date": "2015", "status": "done"}]}, "passed"),
        ({"conditions": [{"icd10cm": "C22.1", "onset": "2026-01", "status": "active"}]}, "passed"),
        ({"conditions": [{"icd10cm": "C22.9", "onset": "2026-01", "status": "active"}]}, "unknown"),
        ({"conditions": [{"icd10cm": "C22.0", "onset": "2026-01", "status": "active"}]}, "failed"),
    ],
)
def test_hepatocellular_carcinoma_is_asked_only_where_it_may_be(record: dict[str, Any], status: str) -> None:
    patient = {**MAN, "sex": "female", "observations": [AFP], **record}
    assert result_of(patient, "NCT03863002/E3").status == status


@pytest.mark.parametrize("code", [{"snomed": "86406008"}, {"icd10cm": "Z21"}, {"icd10cm": "B20"}])
@pytest.mark.parametrize("where", ["NCT05985863/E3", "NCT07409259/E6", "NCT03863002/E3"])
def test_an_hiv_infection_is_no_malignancy_whatever_its_code(code: dict[str, str], where: str) -> None:
    entry = {**code, "onset": "2015", "status": "active"}
    assert result_of({**MAN, "observations": [AFP], "conditions": [entry]}, where).status == "passed"
