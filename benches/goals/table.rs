//! The table: one line for each comparison, and whether its goal is met.
//!
//! For all groups of goals. Knows nothing of what is measured.

use crate::ground::{Pair, Sample};

/// The table so far.
pub struct Table {
    /// Whether anything missed its goal.
    missed: bool,
    judged: bool,
}

impl Table {
    /// Prints the head. Without `judged` the wanted ratios are shown, and nothing is held to them.
    pub fn new(judged: bool) -> Self {
        println!(
            "\ngoal  what                            against                         ours ms   peer ms  wanted  median (min–max)"
        );
        Self { missed: false, judged }
    }

    /// Adds a line.
    pub fn row(&mut self, row: &Row<'_>) {
        self.missed |= !show(row, self.judged);
    }

    /// Adds a line for what is measured against no peer: the median, and the most that it may be, in the unit that `what`
    /// names.
    pub fn limit(&mut self, goal: &str, what: &str, all: &[f64], most: f64) {
        let (middle, met) = (median(all), median(all) <= most);
        let (least, largest) = all.iter().fold((f64::MAX, 0.0_f64), |(l, m), v| (l.min(*v), m.max(*v)));
        let verdict = match (self.judged, met) {
            (false, _) => "",
            (true, true) => "met",
            (true, false) => "NOT met",
        };
        println!(
            "{goal:4}  {what:30}  {:30}  {middle:>8.2}  {:>8}  {:6}  {middle:.1} ({least:.1}–{largest:.1})  {verdict}",
            "(a limit)",
            "",
            format!("≤ {most}")
        );
        self.missed |= !met;
    }

    /// Says in a line why a goal was not measured.
    pub fn skip(&self, goal: &str, why: &str) {
        println!("{goal:4}  not measured: {why}");
    }

    /// Whether all that is judged is met.
    pub fn met(&self) -> bool {
        !(self.judged && self.missed)
    }
}

/// One line of the table.
pub struct Row<'a> {
    pub goal: &'a str,
    pub what: &'a str,
    pub against: &'a str,
    /// How many runs one sample holds.
    pub runs: usize,
    pub pairs: &'a [Pair],
    pub of: fn(&Sample) -> f64,
    /// The largest ratio that is good enough; none if nothing is judged.
    pub most: Option<f64>,
}

/// Prints a line and says whether its goal is met.
fn show(row: &Row<'_>, judged: bool) -> bool {
    let each = |pick: fn(&Pair) -> &Sample| -> Vec<f64> { row.pairs.iter().map(|p| (row.of)(pick(p))).collect() };
    let (ours, peers) = (each(|p| &p.ours), each(|p| &p.peer));
    let ratios: Vec<f64> = ours.iter().zip(&peers).map(|(ours, peer)| ours / peer).collect();
    let ratio = median(&ratios);
    let (least, most) = ratios.iter().fold((f64::MAX, 0.0_f64), |(l, m), r| (l.min(*r), m.max(*r)));
    let milliseconds = |all: &[f64]| format!("{:.2}", median(all) * 1000.0 / row.runs as f64);
    let met = row.most.is_none_or(|most| ratio <= most);
    let wanted = row.most.map_or_else(String::new, |most| format!("≤ {most}"));
    let verdict = match row.most {
        None => "",
        Some(_) if !judged => "",
        Some(_) if met => "met",
        Some(_) => "NOT met",
    };
    println!(
        "{:4}  {:30}  {:30}  {:>8}  {:>8}  {wanted:6}  {ratio:.3} ({least:.3}–{most:.3})  {verdict}",
        row.goal,
        row.what,
        row.against,
        milliseconds(&ours),
        milliseconds(&peers)
    );
    met
}

/// The middle one; of an even number the lower of the two. There is at least one.
fn median(all: &[f64]) -> f64 {
    let mut sorted = all.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[(sorted.len() - 1) / 2]
}
