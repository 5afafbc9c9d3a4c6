"""What measures are worth, to whom, against what cost.

:mod:`corridors.appraisal.users` what those who ship gain, :mod:`corridors.appraisal.income` what
economies gain once prices have adjusted, :mod:`corridors.appraisal.costs` what measures cost,
:mod:`corridors.appraisal.cash_flow` present values and rates of return,
:mod:`corridors.appraisal.carbon` greenhouse gases, :mod:`corridors.appraisal.resilience` what a
second way is worth, :mod:`corridors.appraisal.priorities` where one more truck a day or one hour
less is worth most. What is counted where is in docs/method.md, "What it is worth". All take and
return arrays; nothing here knows a scenario, a report or a path.
"""
