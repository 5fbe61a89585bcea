"""Figures: what a tenant looks like at a glance, from counts that were rolled up. Owns `daily_figures`, `figure_marks` and
`people_figures`; it never looks at every person or every event while somebody waits."""
