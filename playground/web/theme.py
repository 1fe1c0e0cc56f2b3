"""The look of Gradio's own controls: its default theme, with colours of enough contrast.

The colours are those of `assets/common/common.css`. Text has a contrast of 4.5 or more to what is behind it, and the
parts of a control 3 or more.
"""

from gradio.themes import Base, Default

FONTS = ("system-ui", "-apple-system", "Segoe UI", "Roboto", "Helvetica Neue", "Arial", "sans-serif")
MONOSPACE = ("ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "DejaVu Sans Mono", "monospace")

ACCENT, DARK_ACCENT = "#b4420a", "#ff9c57"
MUTED, DARK_MUTED = "#566273", "#a7b1bf"
EDGE, DARK_EDGE = "#758193", "#8492a8"
ON_ACCENT, ON_DARK_ACCENT = "#ffffff", "#10161e"
DARK_TICKED = "#c05411"
"""The ground of a ticked box in the dark. Gradio's tick is white."""


def theme() -> Base:
    """Returns the theme."""
    return Default(primary_hue="orange", neutral_hue="slate", font=FONTS, font_mono=MONOSPACE).set(
        body_text_color_subdued=MUTED,
        body_text_color_subdued_dark=DARK_MUTED,
        color_accent=ACCENT,
        slider_color=ACCENT,
        slider_color_dark=DARK_ACCENT,
        button_border_width="1px",
        button_primary_background_fill=ACCENT,
        button_primary_background_fill_dark=DARK_ACCENT,
        button_primary_background_fill_hover="#963606",
        button_primary_background_fill_hover_dark="#ffb27d",
        button_primary_border_color=ACCENT,
        button_primary_border_color_dark=DARK_ACCENT,
        button_primary_text_color=ON_ACCENT,
        button_primary_text_color_dark=ON_DARK_ACCENT,
        button_secondary_background_fill="#f3f5f8",
        button_secondary_background_fill_dark="#1a2230",
        button_secondary_border_color=EDGE,
        button_secondary_border_color_dark=DARK_EDGE,
        input_border_color=EDGE,
        input_border_color_dark=DARK_EDGE,
        checkbox_border_color=EDGE,
        checkbox_border_color_dark=DARK_EDGE,
        checkbox_border_color_hover=ACCENT,
        checkbox_border_color_hover_dark=DARK_ACCENT,
        checkbox_background_color_selected_dark=DARK_TICKED,
        checkbox_label_border_color=EDGE,
        checkbox_label_border_color_dark=DARK_EDGE,
    )
