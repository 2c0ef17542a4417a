//! Paths, how they are painted, and the picture they make.

/// A point in PDF units (1/72 inch), y upwards.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// To the right.
    pub x: f32,
    /// Upwards.
    pub y: f32,
}

/// A point.
pub(super) const fn at(x: f32, y: f32) -> Point {
    Point { x, y }
}

/// A step of a path. Quadratic curves are raised to cubic ones, which PDF has only.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Step {
    /// Back to where this contour began.
    Close,
    /// A cubic Bézier curve: two control points, then the end.
    Cubic(Point, Point, Point),
    /// A straight line.
    Line(Point),
    /// Begins a contour.
    Move(Point),
}

/// Contours, filled by the non-zero winding rule.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Path {
    /// Its steps in order.
    pub steps: Vec<Step>,
}

impl Path {
    /// A circle, counter-clockwise.
    pub fn circle(middle: Point, radius: f32) -> Self {
        let Point { x, y } = middle;
        let pull = radius * CIRCLE_PULL;
        let (left, right, low, high) = (x - radius, x + radius, y - radius, y + radius);
        Self {
            steps: vec![
                Step::Move(at(right, y)),
                Step::Cubic(at(right, y + pull), at(x + pull, high), at(x, high)),
                Step::Cubic(at(x - pull, high), at(left, y + pull), at(left, y)),
                Step::Cubic(at(left, y - pull), at(x - pull, low), at(x, low)),
                Step::Cubic(at(x + pull, low), at(right, y - pull), at(right, y)),
                Step::Close,
            ],
        }
    }

    /// A five-pointed star with one point straight up, as on the national flag (GB 12982).
    pub fn star(middle: Point, radius: f32) -> Self {
        let inner = radius * STAR_INNER;
        let mut steps = Vec::with_capacity(11);
        for corner in 0_u8..10 {
            let angle = f32::from(corner) * std::f32::consts::PI / 5.0;
            let reach = if corner % 2 == 0 { radius } else { inner };
            let point = at(middle.x - reach * angle.sin(), middle.y + reach * angle.cos());
            steps.push(if corner == 0 { Step::Move(point) } else { Step::Line(point) });
        }
        steps.push(Step::Close);
        Self { steps }
    }

    /// A rectangle around a middle.
    pub fn rectangle(middle: Point, width: f32, height: f32) -> Self {
        let (dx, dy) = (width / 2.0, height / 2.0);
        Self {
            steps: vec![
                Step::Move(at(middle.x - dx, middle.y - dy)),
                Step::Line(at(middle.x + dx, middle.y - dy)),
                Step::Line(at(middle.x + dx, middle.y + dy)),
                Step::Line(at(middle.x - dx, middle.y + dy)),
                Step::Close,
            ],
        }
    }
}

/// How a path is painted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Paint {
    /// Filled.
    Fill,
    /// Filled, then drawn along its edge with a pen of this width: bolder letters.
    FillStroke(f32),
    /// Drawn along its edge with a pen of this width.
    Stroke(f32),
}

/// A painted path.
#[derive(Clone, Debug, PartialEq)]
pub struct Shape {
    /// Where.
    pub path: Path,
    /// How.
    pub paint: Paint,
}

/// A colour, 0 to 255 each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rgb(pub u8, pub u8, pub u8);

/// A picture in one colour on nothing.
#[derive(Clone, Debug, PartialEq)]
pub struct Picture {
    /// Width in points.
    pub width: f32,
    /// Height in points.
    pub height: f32,
    /// The colour of every shape.
    pub colour: Rgb,
    /// The shapes, later ones over earlier ones.
    pub shapes: Vec<Shape>,
}

/// Control distance that makes four cubic curves a circle to within 0.03 % of its radius.
const CIRCLE_PULL: f32 = 0.552_285;

/// Inner radius of a regular pentagram: sin 18° / sin 54°.
const STAR_INNER: f32 = 0.381_966;
