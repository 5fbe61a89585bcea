"""What the demo tenant looks like: an accent colour, and a logo that is drawn here, so that no picture has to be kept."""

from io import BytesIO

from PIL import Image, ImageDraw

ACCENT = "#4338ca"
SIZE = 128
# It is drawn larger and then made smaller, which smooths its edges.
SCALE = 4
PEAKS = ((0.20, 0.78), (0.44, 0.24), (0.56, 0.24), (0.80, 0.78), (0.66, 0.78), (0.50, 0.40), (0.34, 0.78))
BAR = ((0.36, 0.58), (0.64, 0.66))


def logo() -> bytes:
    """A PNG: a white A on a square of the accent colour, which is good on light and dark pages."""
    side = SIZE * SCALE
    image = Image.new("RGB", (side, side), ACCENT)
    pen = ImageDraw.Draw(image)
    pen.polygon([(x * side, y * side) for x, y in PEAKS], fill="#ffffff")
    pen.rectangle([(x * side, y * side) for x, y in BAR], fill="#ffffff")
    made = BytesIO()
    image.resize((SIZE, SIZE), Image.Resampling.LANCZOS).save(made, "PNG", optimize=True)
    return made.getvalue()
