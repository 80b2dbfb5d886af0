//! Which goals are measured: all, or those that `--only` names.

/// The names, such as `G1`; none means all.
#[derive(Default)]
pub struct Wanted(pub Vec<String>);

/// All that there are.
pub const ALL: &[&str] = &[
    "G1", "G2", "G3", "G4", "G5", "G7", "G8", "G9", "G10", "G11", "G12", "G13", "G14", "G15", "G16", "G17", "G18",
    "G19", "G20", "G21",
];

impl Wanted {
    /// Reads `G1,G9`.
    pub fn parse(text: &str) -> Result<Self, String> {
        let names: Vec<String> = text.split(',').map(|name| name.trim().to_ascii_uppercase()).collect();
        match names.iter().find(|name| !ALL.contains(&name.as_str())) {
            Some(unknown) => Err(format!("there is no goal {unknown}; there are {}", ALL.join(", "))),
            None => Ok(Self(names)),
        }
    }

    /// Whether this one is measured.
    pub fn has(&self, goal: &str) -> bool {
        self.0.is_empty() || self.0.iter().any(|name| name == goal)
    }

    /// Whether one of these is.
    pub fn any(&self, goals: &[&str]) -> bool {
        goals.iter().any(|goal| self.has(goal))
    }
}
