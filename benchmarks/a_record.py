"""A full record for the benchmarks: two hundred results over sixteen days, and the rest of a hepatology chart."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

AS_OF = date(2026, 2, 20)
LEVELS = {
    "total_bilirubin": (330, "umol/L"),
    "INR": (1.9, None),
    "prothrombin_activity": (35, "%"),
    "creatinine": (1.1, "mg/dL"),
    "urea": (6.4, "mmol/L"),
    "neutrophils": (5.2, "10*9/L"),
    "platelets": (88, "10*3/uL"),
    "hemoglobin": (10.8, "g/dL"),
    "albumin": (31, "g/L"),
    "sodium": (136, "mmol/L"),
    "alpha_fetoprotein": (41, "ng/mL"),
    "body_weight": (63, "kg"),
}


def a_record() -> dict[str, Any]:
    """The record in its native form."""
    days = [AS_OF - timedelta(days=back) for back in range(1, 17)]
    observations: list[dict[str, Any]] = []
    for number, day in enumerate(days):
        for name, (level, unit) in LEVELS.items():
            value = round(level * (1 - number / 100), 3)
            observations.append({"name": name, "value": value, "unit": unit, "date": day.isoformat()})
            if name == "total_bilirubin":
                observations[-1]["upper_limit"] = 21
    observations += [
        {"name": "hepatic_encephalopathy_grade", "value": 1, "date": days[1].isoformat()},
        {"name": "ascites_grade", "value": "moderate", "date": days[1].isoformat()},
        {"name": "platelets", "value": 96, "unit": "10*9/L", "date": "2025-12-14"},
        {"name": "total_bilirubin", "value": 28, "unit": "umol/L", "date": "2025-12-14"},
        {"name": "albumin", "value": 36, "unit": "g/L", "date": "2025-12-14"},
        {"name": "INR", "value": 1.2, "date": "2025-12-14"},
        {"name": "pregnancy_test", "value": "negative", "date": days[1].isoformat()},
        {"name": "mean_arterial_pressure", "value": 82, "unit": "mm[Hg]", "date": days[0].isoformat()},
    ]
    return {
        "id": "benchmark",
        "as_of": AS_OF.isoformat(),
        "birth_date": "1979-06-11",
        "sex": "female",
        "observations": observations,
        "conditions": [
            {"name": "chronic_hepatitis_b", "onset": "2009-05-01", "status": "active"},
            {"name": "cirrhosis", "onset": "2021-03-09", "status": "active"},
            {"name": "liver_failure", "onset": "2026-02-04", "status": "active"},
            {"name": "ascites", "onset": "2026-02-06", "status": "active"},
            {"name": "hepatic_encephalopathy", "onset": "2026-02-15", "status": "active"},
            {"name": "anxiety_or_insomnia", "onset": "2018-01-01", "end": "2019-01-01", "status": "resolved"},
            {"name": "basal_cell_carcinoma", "onset": "2019-02-01", "end": "2019-04-01", "status": "cured"},
            {"name": "pulmonary_embolism", "onset": "2015-08-20", "status": "resolved", "end": "2016-01-01"},
        ],
        "procedures": [{"name": "plasma_exchange", "date": "2026-02-10", "status": "done"}],
        "medications": [
            {"name": "systemic_glucocorticoid", "start": "2025-06-01", "end": "2025-07-15"},
            {"name": "terlipressin", "start": "2026-02-11", "status": "ongoing"},
        ],
        "events": [{"name": "trial_participation", "start": "2024-03-01", "end": "2024-09-01"}],
        "allergies": [{"name": "any_drug", "status": "present", "severity": "mild"}],
        "family_history": [{"name": "mental_disorder", "status": "absent", "date": "2026-02-19"}],
        "answers": {
            "NCT03863002/informed_consent": True,
            "NCT05985863/informed_consent": True,
            "NCT06242405/informed_consent": True,
            "NCT07409259/informed_consent": True,
            "NCT07409259/ACLF_by_China_2024": True,
        },
        "complete": ["conditions", "procedures", "medications", "events", "allergies"],
    }
