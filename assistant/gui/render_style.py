"""How an answer looks: the colours of a theme, and sizes.

Process: app. Thread rule: immutable.
"""

from __future__ import annotations

from dataclasses import dataclass

_LIGHT = {"text": "#1F1E1B", "secondary": "#6A675E", "accent": "#2C6E5B", "sunken": "#F1EFE9", "hairline": "#E4E1D8"}
_DARK = {"text": "#ECEAE4", "secondary": "#A8A49B", "accent": "#7CC4AB", "sunken": "#2B2A26", "hairline": "#36342F"}


@dataclass(frozen=True, slots=True)
class RenderStyle:
    """Colours and sizes of rendered text; a test holds them equal to the theme's.

    Attributes:
        dark: Whether the page is dark.
        text, secondary, accent, sunken, hairline: Colours as ``#rrggbb``.
        body_px: Size of body text, logical pixels.
        code_px: Size of code, logical pixels.
        device_pixel_ratio: Device pixels in a logical one, for images.
    """

    dark: bool
    text: str
    secondary: str
    accent: str
    sunken: str
    hairline: str
    body_px: float = 15.0
    code_px: float = 13.5
    device_pixel_ratio: float = 1.0

    @classmethod
    def of_theme(cls, dark: bool, text_scale: float, device_pixel_ratio: float = 1.0) -> RenderStyle:
        """The style of the light or the dark theme, `text_scale` times its size."""
        return cls(
            dark=dark,
            **(_DARK if dark else _LIGHT),
            body_px=15.0 * text_scale,
            code_px=13.5 * text_scale,
            device_pixel_ratio=device_pixel_ratio,
        )
