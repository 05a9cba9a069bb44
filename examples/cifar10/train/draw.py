"""Draws 32x32 pictures of CIFAR-10's ten kinds of things.

The real CIFAR-10 images may not be shipped with this project, so the example draws its own: simple side or front views
with random colours, place, size, tilt, background, light, occlusion and noise. Every picture follows from its seed.
"""

import math

import numpy as np
from PIL import Image, ImageDraw

CLASSES = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]
SIZE = 32
DETAIL = 4  # pictures are drawn this many times larger, then averaged down


class Pen:
    """Draws in the thing's own coordinates: x to the right and y down, both from -1 to 1, placed by a random transform."""

    def __init__(self, image, rng, tilt):
        self.draw = ImageDraw.Draw(image)
        self.side = image.width
        size = rng.uniform(0.52, 0.92)
        self.scale = size * self.side / 2
        room = (1 - size) * 0.5 + 0.06
        self.centre = self.side * (0.5 + rng.uniform(-room, room, 2))
        self.mirror = rng.choice([-1, 1])
        angle = rng.uniform(-tilt, tilt)
        self.cos, self.sin = math.cos(angle), math.sin(angle)
        self.stretch = rng.uniform(0.88, 1.14)

    def place(self, points):
        placed = []
        for x, y in points:
            x, y = x * self.mirror * self.stretch, y / self.stretch
            placed.append((
                self.centre[0] + self.scale * (x * self.cos - y * self.sin),
                self.centre[1] + self.scale * (x * self.sin + y * self.cos),
            ))
        return placed

    def shape(self, colour, *points):
        self.draw.polygon(self.place(points), fill=colour)

    def oval(self, colour, x, y, width, height, turn=0.0):
        """An ellipse by its centre and its half axes."""
        cos, sin = math.cos(turn), math.sin(turn)
        outline = []
        for step in range(24):
            a, b = width * math.cos(step * math.pi / 12), height * math.sin(step * math.pi / 12)
            outline.append((x + a * cos - b * sin, y + a * sin + b * cos))
        self.shape(colour, *outline)

    def stroke(self, colour, width, *points):
        placed = self.place(points)
        self.draw.line(placed, fill=colour, width=max(1, round(width * self.scale)), joint="curve")


def shade(colour, factor):
    return tuple(int(min(255, max(0, channel * factor))) for channel in colour)


def pick(rng, *colours):
    """One of the colours, varied a little."""
    return shade(tuple(colours[rng.integers(len(colours))] + rng.uniform(-18, 18, 3)), rng.uniform(0.85, 1.15))


DARK, WHITE, GLASS = (25, 25, 30), (240, 240, 240), (150, 195, 220)
COATS = [(150, 100, 60), (70, 55, 45), (200, 170, 130), (120, 120, 125), (225, 220, 210), (215, 140, 70)]
PAINTS = [(200, 40, 40), (40, 80, 180), (230, 190, 50), (50, 130, 70), (235, 235, 235), (60, 60, 70), (220, 120, 40)]


def airplane(pen, rng):
    body = pick(rng, (230, 230, 235), (190, 195, 205), (150, 155, 165), (205, 215, 240))
    wing, mark = shade(body, 0.78), pick(rng, *PAINTS)
    if rng.random() < 0.5:  # from above
        pen.shape(wing, (0.2, 0), (-0.3, -0.95), (-0.52, -0.95), (-0.22, 0), (-0.52, 0.95), (-0.3, 0.95))
        pen.shape(mark, (-0.65, 0), (-0.85, -0.4), (-1, -0.4), (-0.9, 0), (-1, 0.4), (-0.85, 0.4))
        pen.oval(body, 0, 0, 1, 0.15)
        pen.oval(GLASS, 0.8, 0, 0.09, 0.07)
    else:  # from the side
        pen.shape(mark, (-0.6, -0.1), (-0.85, -0.62), (-1, -0.62), (-0.92, -0.05))
        pen.oval(body, 0, 0, 1, 0.2)
        pen.shape(wing, (0.25, 0.02), (-0.3, 0.55), (-0.55, 0.55), (-0.2, 0.02))
        pen.stroke(shade(GLASS, 0.7), 0.07, (-0.5, -0.06), (0.6, -0.06))
        pen.oval(GLASS, 0.83, -0.06, 0.09, 0.06)


def wheels(pen, y, radius, *places):
    for x in places:
        pen.oval(DARK, x, y, radius, radius)
        pen.oval((150, 150, 155), x, y, radius * 0.45, radius * 0.45)


def automobile(pen, rng):
    paint, glass = pick(rng, *PAINTS), pick(rng, GLASS, (70, 85, 100))
    roof = rng.uniform(-0.5, -0.36)
    pen.shape(shade(paint, 0.85), (-0.62, -0.02), (-0.38, roof), (0.3, roof), (0.6, -0.02))
    pen.shape(glass, (-0.5, -0.04), (-0.34, roof + 0.09), (-0.06, roof + 0.09), (-0.06, -0.04))
    pen.shape(glass, (0.02, -0.04), (0.02, roof + 0.09), (0.26, roof + 0.09), (0.48, -0.04))
    pen.shape(paint, (-1, 0.02), (-0.9, -0.05), (0.7, -0.05), (1, 0.1), (1, 0.34), (-1, 0.34))
    pen.oval((250, 235, 150), 0.93, 0.13, 0.07, 0.07)
    wheels(pen, 0.34, rng.uniform(0.19, 0.24), -0.55, 0.55)


def truck(pen, rng):
    paint, box = pick(rng, *PAINTS), pick(rng, WHITE, (200, 200, 190), *PAINTS)
    top, gap = rng.uniform(-0.75, -0.55), rng.uniform(0.28, 0.38)
    if rng.random() < 0.7:
        pen.shape(box, (-1, top), (gap, top), (gap, 0.3), (-1, 0.3))
        pen.stroke(shade(box, 0.7), 0.07, (-1, 0.1), (gap, 0.1))
    else:  # an open load bed
        pen.shape(shade(box, 0.8), (-1, -0.2), (gap, -0.2), (gap, 0.3), (-1, 0.3))
        pen.oval(pick(rng, (150, 110, 70), (120, 120, 120)), -0.35, -0.2, 0.5, 0.22)
    pen.shape(paint, (gap + 0.06, -0.4), (0.78, -0.4), (0.95, -0.02), (1, 0.34), (gap + 0.06, 0.34))
    pen.shape(GLASS, (gap + 0.18, -0.3), (0.74, -0.3), (0.86, -0.04), (gap + 0.18, -0.04))
    pen.stroke(DARK, 0.09, (-0.98, 0.33), (0.98, 0.33))
    wheels(pen, 0.42, 0.2, -0.68, *((-0.25,) if rng.random() < 0.6 else ()), 0.66)


def ship(pen, rng):
    hull, deck = pick(rng, (60, 60, 75), (160, 50, 45), (40, 70, 120), (110, 80, 55)), pick(rng, WHITE, (225, 215, 190))
    pen.shape(hull, (-0.95, 0.15), (1, 0.1), (0.75, 0.55), (-0.75, 0.55))
    pen.stroke(WHITE, 0.06, (-0.9, 0.2), (0.93, 0.17))
    if rng.random() < 0.6:  # a steamer
        pen.shape(deck, (-0.65, 0.14), (-0.65, -0.18), (0.45, -0.18), (0.55, 0.12))
        pen.shape(shade(deck, 0.85), (-0.4, -0.18), (-0.4, -0.42), (0.2, -0.42), (0.2, -0.18))
        pen.shape(pick(rng, *PAINTS), (-0.3, -0.42), (-0.26, -0.85), (-0.06, -0.85), (-0.04, -0.42))
        pen.stroke(DARK, 0.06, (-0.55, -0.02), (0.4, -0.02))
    else:  # sails
        pen.stroke((90, 65, 45), 0.08, (0.02, 0.15), (0.02, -0.95))
        pen.shape(deck, (-0.05, -0.9), (-0.05, 0.02), (-0.72, 0.02))
        pen.shape(pick(rng, WHITE, *PAINTS), (0.1, -0.8), (0.1, 0.02), (0.72, 0.02))
    if rng.random() < 0.8:
        sea = pick(rng, (40, 90, 150), (60, 120, 140), (70, 90, 110))
        for i in range(7):
            pen.oval(shade(sea, 1 + 0.12 * (i % 2)), -1.5 + i * 0.5, 0.66, 0.42, 0.18)


def bird(pen, rng):
    coat = pick(rng, (190, 60, 50), (70, 110, 190), (120, 90, 60), (60, 60, 70), (230, 200, 70), (215, 215, 220))
    beak, wing = pick(rng, (235, 150, 40), (90, 80, 70)), shade(coat, 0.68)
    if rng.random() < 0.55:  # perched
        pen.shape(wing, (-0.4, 0.0), (-1, 0.4), (-0.9, 0.56), (-0.3, 0.36))
        for x in (-0.02, 0.16):
            pen.stroke((110, 80, 50), 0.07, (x, 0.4), (x, 0.85), (x + 0.16, 0.87))
        pen.oval(coat, 0, 0.12, 0.55, 0.4, -0.35)
        pen.oval(wing, -0.15, 0.13, 0.4, 0.2, 0.35)
        head_x, head_y = 0.48, -0.36
    else:  # flying
        pen.shape(wing, (0.3, -0.05), (0.1, -0.95), (-0.2, -0.75), (-0.35, 0.0))
        pen.shape(wing, (-0.5, 0.0), (-1, -0.12), (-0.98, 0.24))
        pen.oval(coat, 0, 0.06, 0.65, 0.24)
        pen.shape(shade(wing, 0.85), (0.22, 0.05), (-0.25, 0.8), (-0.48, 0.62), (-0.25, 0.05))
        head_x, head_y = 0.6, -0.1
    pen.shape(beak, (head_x + 0.18, head_y - 0.1), (head_x + 0.5, head_y + 0.05), (head_x + 0.15, head_y + 0.14))
    pen.oval(coat, head_x, head_y, 0.24, 0.23)
    pen.oval(DARK, head_x + 0.08, head_y - 0.05, 0.06, 0.06)


def legs(pen, colour, y, foot, width, *places):
    for i, x in enumerate(places):
        pen.stroke(shade(colour, 0.8 if i % 2 else 1), width, (x, y), (x + 0.03, foot))


def cat(pen, rng):
    coat = pick(rng, *COATS)
    dark, eyes = shade(coat, 0.65), pick(rng, (120, 190, 80), (220, 190, 60))
    if rng.random() < 0.55:  # the face
        for side in (-1, 1):
            pen.shape(coat, (side * 0.75, -0.2), (side * 0.72, -0.98), (side * 0.16, -0.55))
            pen.shape((215, 150, 150), (side * 0.64, -0.42), (side * 0.63, -0.78), (side * 0.34, -0.55))
        pen.oval(coat, 0, 0.12, 0.82, 0.7)
        for x in (-0.2, 0, 0.2):
            pen.stroke(dark, 0.09, (x, -0.52), (x * 0.8, -0.26))
        for side in (-1, 1):
            pen.oval(eyes, side * 0.34, 0.0, 0.17, 0.14)
            pen.oval(DARK, side * 0.34, 0.0, 0.05, 0.14)
            for y in (0.25, 0.4):
                pen.stroke(shade(WHITE, 0.95) if sum(coat) < 420 else DARK, 0.04, (side * 0.25, 0.33), (side * 0.98, y))
        pen.shape((225, 120, 130), (-0.11, 0.24), (0.11, 0.24), (0, 0.37))
    else:  # walking, tail up
        pen.stroke(coat, 0.13, (-0.6, 0.05), (-0.88, -0.25), (-0.8, -0.65), (-0.62, -0.8))
        legs(pen, coat, 0.1, 0.72, 0.16, -0.52, -0.36, 0.26, 0.42)
        pen.oval(coat, -0.05, 0.05, 0.66, 0.29)
        for x in (-0.35, -0.1, 0.15):
            pen.stroke(dark, 0.08, (x, -0.2), (x, 0.06))
        pen.shape(coat, (0.36, -0.34), (0.36, -0.8), (0.62, -0.48))
        pen.shape(coat, (0.62, -0.48), (0.88, -0.8), (0.88, -0.3))
        pen.oval(coat, 0.62, -0.24, 0.31, 0.27)
        for x in (0.55, 0.75):
            pen.oval(eyes, x, -0.28, 0.065, 0.065)
        pen.oval((225, 120, 130), 0.66, -0.14, 0.05, 0.04)


def dog(pen, rng):
    coat = pick(rng, *COATS)
    ear = shade(coat, rng.uniform(0.5, 0.75))
    if rng.random() < 0.55:  # the face
        pen.oval(coat, 0, -0.08, 0.64, 0.68)
        for side in (-1, 1):
            pen.oval(ear, side * 0.68, 0.05, 0.22, 0.6, -side * 0.22)
            pen.oval(WHITE, side * 0.26, -0.2, 0.13, 0.13)
            pen.oval(DARK, side * 0.26, -0.19, 0.09, 0.1)
        pen.oval(pick(rng, shade(coat, 1.35), (230, 215, 190)), 0, 0.32, 0.38, 0.34)
        if rng.random() < 0.7:
            pen.oval((225, 95, 105), 0.05, 0.68, 0.13, 0.22)
        pen.oval(DARK, 0, 0.18, 0.18, 0.13)
        pen.stroke(DARK, 0.05, (0, 0.25), (0, 0.48))
    else:  # standing, ears hanging
        pen.stroke(coat, 0.12, (-0.58, -0.08), (-0.85, -0.3), (-0.98, -0.42))
        legs(pen, coat, 0.1, 0.8, 0.17, -0.5, -0.33, 0.22, 0.4)
        pen.oval(coat, -0.08, 0.08, 0.6, 0.28)
        pen.oval(coat, 0.36, -0.12, 0.2, 0.36, -0.5)
        pen.oval(coat, 0.55, -0.4, 0.28, 0.24)
        pen.shape(coat, (0.6, -0.48), (0.98, -0.34), (0.98, -0.16), (0.6, -0.16))
        pen.oval(DARK, 0.96, -0.32, 0.08, 0.07)
        pen.oval(ear, 0.4, -0.3, 0.13, 0.32, 0.15)
        pen.oval(DARK, 0.65, -0.45, 0.055, 0.055)
        pen.stroke(pick(rng, *PAINTS), 0.09, (0.22, -0.22), (0.5, -0.06))


def frog(pen, rng):
    skin = pick(rng, (80, 160, 60), (110, 180, 70), (60, 120, 60), (140, 160, 60), (120, 110, 60))
    belly, dark = shade(skin, 1.4), shade(skin, 0.72)
    for side in (-1, 1):
        pen.oval(dark, side * 0.68, 0.42, 0.34, 0.3, side * 0.5)
        pen.shape(dark, (side * 0.5, 0.62), (side * 1, 0.85), (side * 0.3, 0.85))
    pen.oval(skin, 0, 0.32, 0.62, 0.52)
    pen.oval(belly, 0, 0.5, 0.38, 0.32)
    for side in (-1, 1):
        pen.oval(skin, side * 0.42, -0.5, 0.26, 0.27)
    pen.oval(skin, 0, -0.14, 0.72, 0.42)
    for side in (-1, 1):
        pen.oval(pick(rng, (245, 225, 120), WHITE), side * 0.43, -0.52, 0.18, 0.18)
        pen.oval(DARK, side * 0.43, -0.52, 0.1, 0.1)
        pen.stroke(skin, 0.15, (side * 0.32, 0.4), (side * 0.3, 0.85))
    pen.stroke(DARK, 0.06, (-0.52, -0.1), (-0.25, 0.05), (0.25, 0.05), (0.52, -0.1))


def deer(pen, rng):
    coat = pick(rng, (165, 110, 60), (140, 95, 60), (190, 135, 85))
    horn = pick(rng, (225, 205, 165), (95, 70, 50))
    legs(pen, coat, 0.2, 0.95, 0.1, -0.5, -0.36, 0.2, 0.34)
    pen.oval(WHITE, -0.62, 0.02, 0.1, 0.14)
    pen.oval(coat, -0.1, 0.12, 0.54, 0.25)
    pen.shape(coat, (0.1, 0.1), (0.36, 0.26), (0.64, -0.3), (0.42, -0.42))
    pen.oval(coat, 0.62, -0.36, 0.26, 0.13, 0.3)
    pen.oval(DARK, 0.85, -0.28, 0.05, 0.05)
    pen.oval(shade(coat, 0.75), 0.34, -0.44, 0.15, 0.07, -0.5)
    for lean in (-0.28, 0.16):
        pen.stroke(horn, 0.075, (0.5, -0.44), (0.5 + lean * 0.7, -0.7), (0.5 + lean * 1.4, -0.98))
        pen.stroke(horn, 0.065, (0.5 + lean * 0.7, -0.7), (0.52 + lean * 0.7 + 0.2, -0.86))
        pen.stroke(horn, 0.065, (0.5 + lean, -0.82), (0.5 + lean - 0.2, -0.9))
    if rng.random() < 0.6:
        for x, y in ((-0.4, 0.02), (-0.22, 0.12), (-0.08, -0.02), (0.1, 0.08), (-0.3, 0.2)):
            pen.oval((235, 220, 195), x, y, 0.055, 0.05)


def horse(pen, rng):
    coat = pick(rng, (120, 70, 40), (60, 45, 40), (165, 110, 65), (215, 210, 200), (130, 130, 130))
    mane = pick(rng, (35, 28, 25), (225, 205, 160), shade(coat, 0.55))
    pen.stroke(mane, 0.17, (-0.6, -0.08), (-0.82, 0.12), (-0.86, 0.55))
    legs(pen, coat, 0.15, 0.95, 0.14, -0.5, -0.34, 0.22, 0.38)
    for x in (-0.47, -0.31, 0.25, 0.41):
        pen.stroke(DARK, 0.15, (x, 0.88), (x, 0.96))
    pen.oval(coat, -0.08, 0.04, 0.6, 0.3)
    pen.shape(coat, (0.08, 0.05), (0.5, 0.16), (0.72, -0.5), (0.42, -0.68))
    pen.oval(coat, 0.74, -0.48, 0.32, 0.15, 0.62)
    pen.shape(coat, (0.42, -0.6), (0.46, -0.9), (0.62, -0.62))
    pen.shape(mane, (0.02, -0.18), (0.4, -0.8), (0.55, -0.72), (0.26, -0.1))
    pen.oval(DARK, 0.68, -0.56, 0.05, 0.05)
    if rng.random() < 0.3:
        pen.oval(pick(rng, *PAINTS), -0.05, -0.2, 0.2, 0.1)


THINGS = [airplane, automobile, bird, cat, deer, dog, frog, horse, ship, truck]
TILT = [0.6, 0.1, 0.3, 0.22, 0.15, 0.22, 0.2, 0.15, 0.1, 0.1]
SKY, GRASS, ROAD, SEA, ROOM = "sky", "grass", "road", "sea", "room"
# Where each is usually met; one picture in five has any of the five behind it.
PLACES = [[SKY], [ROAD], [SKY, GRASS], [ROOM, GRASS], [GRASS], [GRASS, ROOM], [GRASS, SEA], [GRASS], [SEA], [ROAD]]


def background(rng, place):
    """A wall of one colour above, a ground of another below, each brighter to one end."""
    sky = [(150, 190, 235), (190, 205, 220), (235, 190, 160), (110, 140, 190)]
    above, below, level = {
        SKY: (pick(rng, *sky), None, 1.0),
        GRASS: (pick(rng, *sky, (60, 95, 60)), pick(rng, (95, 145, 70), (150, 150, 80), (75, 110, 60)), rng.uniform(0.35, 0.7)),
        ROAD: (pick(rng, *sky, (165, 150, 135)), pick(rng, (115, 115, 120), (85, 85, 90), (165, 155, 140)), rng.uniform(0.45, 0.75)),
        SEA: (pick(rng, *sky), pick(rng, (45, 95, 150), (70, 130, 150), (90, 110, 120)), rng.uniform(0.4, 0.75)),
        ROOM: (pick(rng, (210, 200, 180), (170, 120, 110), (120, 140, 160), (90, 85, 95)), pick(rng, (150, 115, 80), (120, 120, 125)), rng.uniform(0.6, 1.0)),
    }[place]
    side = SIZE * DETAIL
    rows = np.linspace(0, 1, side)[:, None]
    wall = np.array(above) * (1 + rng.uniform(-0.2, 0.2) * (rows - 0.5))
    if below is not None:
        ground = np.array(below) * (1 + rng.uniform(-0.25, 0.25) * (rows - level))
        wall = np.where(rows > level, ground, wall)
    image = Image.fromarray(np.clip(np.repeat(wall[:, None, :], side, axis=1), 0, 255).astype(np.uint8))
    draw = ImageDraw.Draw(image)
    for _ in range(rng.integers(0, 4)):  # clouds, bushes, stones
        x, y, w, h = rng.uniform(0, side, 2).tolist() + rng.uniform(4, 22, 2).tolist()
        under = image.getpixel((int(x), int(y)))
        draw.ellipse((x - w, y - h, x + w, y + h), fill=shade(under, rng.uniform(0.8, 1.22)))
    return image


def draw(label, rng):
    """One picture: uint8 [32, 32, 3]. Values are multiples of 8 plus 4, which keeps the files small."""
    place = PLACES[label][rng.integers(len(PLACES[label]))] if rng.random() < 0.8 else rng.choice([SKY, GRASS, ROAD, SEA, ROOM])
    image = background(rng, str(place))
    THINGS[label](Pen(image, rng, TILT[label]), rng)
    if rng.random() < 0.25:  # something stands in front
        x, y, w, h = rng.uniform(0, image.width, 2).tolist() + rng.uniform(6, 26, 2).tolist()
        ImageDraw.Draw(image).rectangle((x, y, x + w, y + h), fill=pick(rng, *COATS, *PAINTS))
    pixels = np.asarray(image.resize((SIZE, SIZE), Image.BOX), dtype=np.float32)
    pixels = (pixels - 128) * rng.uniform(0.65, 1.15) + 128 + rng.uniform(-22, 22)
    pixels += rng.normal(0, rng.uniform(2, 12), pixels.shape)
    return (np.clip(pixels, 0, 255).astype(np.uint8) & 0xF8) | 4


def draw_set(count, seed):
    """`count` pictures with their labels, the classes in turn: uint8 [count, 32, 32, 3] and uint8 [count]."""
    labels = (np.arange(count) % len(CLASSES)).astype(np.uint8)
    rngs = [np.random.default_rng((seed, index)) for index in range(count)]
    return np.stack([draw(int(label), rng) for label, rng in zip(labels, rngs)]), labels


def sheet(images, columns, zoom=1):
    """Pictures side by side as one image, to look at."""
    rows = len(images) // columns
    grid = images[: rows * columns].reshape(rows, columns, SIZE, SIZE, 3).transpose(0, 2, 1, 3, 4)
    picture = Image.fromarray(grid.reshape(rows * SIZE, columns * SIZE, 3))
    return picture.resize((picture.width * zoom, picture.height * zoom), Image.NEAREST)
