//! The linear program of one node: parts of pods that are worth most within its resources, by the
//! simplex method with bounds (Dantzig, "Linear Programming and Extensions", 1963, chapter 18).

const EPSILON: f64 = 1e-10;

/// Maximises what pods are worth; every resource has 1 to give.
#[derive(Default)]
pub(super) struct NodeProgram {
    rows: usize,
    /// Column by column: first one for each resource, which is what stays free of it, then the
    /// pods.
    columns: Vec<f64>,
    /// What one more of a column gains.
    gains: Vec<f64>,
    most: Vec<f64>,
    at_most: Vec<bool>,
    /// The column of each row, and its amount.
    basis: Vec<usize>,
    amounts: Vec<f64>,
}

impl NodeProgram {
    /// Begins anew with so many resources.
    pub(super) fn begin(&mut self, rows: usize) {
        self.rows = rows;
        self.columns.clear();
        self.columns.resize(rows * rows, 0.0);
        (0..rows).for_each(|row| self.columns[row * rows + row] = 1.0);
        self.gains.clear();
        self.gains.resize(rows, 0.0);
        self.most.clear();
        self.most.resize(rows, f64::INFINITY);
        self.at_most.clear();
        self.at_most.resize(rows, false);
        self.basis.clear();
        self.basis.extend(0..rows);
        self.amounts.clear();
        self.amounts.resize(rows, 1.0);
    }

    /// Adds pods of which one takes such parts of the resources, is worth so much, and of which
    /// there are so many.
    pub(super) fn add(&mut self, parts: impl Iterator<Item = f64>, worth: f64, most: f64) {
        self.columns.extend(parts);
        self.gains.push(worth);
        self.most.push(most);
        self.at_most.push(false);
    }

    /// Returns in how many steps it is solved.
    pub(super) fn solve(&mut self) -> usize {
        let most = 4 * self.gains.len() + 20;
        for step in 0..most {
            let Some(entering) = self.entering() else { return step };
            self.enter(entering);
        }
        most
    }

    /// Returns what each resource is worth.
    pub(super) fn resources(&self) -> Vec<f64> {
        self.gains[..self.rows].iter().map(|gain| (-gain).max(0.0)).collect()
    }

    /// Returns how many of the pods are chosen that were added at a place.
    pub(super) fn amount(&self, place: usize) -> f64 {
        let column = self.rows + place;
        match self.basis.iter().position(|own| *own == column) {
            Some(row) => self.amounts[row],
            None if self.at_most[column] => self.most[column],
            None => 0.0,
        }
    }

    fn entering(&self) -> Option<usize> {
        let mut best: Option<(f64, usize)> = None;
        for (column, gain) in self.gains.iter().enumerate() {
            let gain = if self.at_most[column] { -gain } else { *gain };
            if gain > EPSILON && best.is_none_or(|(most, _)| gain > most) && !self.basis.contains(&column) {
                best = Some((gain, column));
            }
        }
        best.map(|(_, column)| column)
    }

    fn enter(&mut self, entering: usize) {
        let rows = self.rows;
        let sign = if self.at_most[entering] { -1.0 } else { 1.0 };
        let (mut amount, mut leaving) = (self.most[entering], None);
        for row in 0..rows {
            let change = sign * self.columns[entering * rows + row];
            let possible = if change > EPSILON {
                self.amounts[row].max(0.0) / change
            } else if change < -EPSILON && self.most[self.basis[row]].is_finite() {
                (self.most[self.basis[row]] - self.amounts[row]).max(0.0) / -change
            } else {
                continue;
            };
            if possible < amount {
                (amount, leaving) = (possible, Some((row, change < 0.0)));
            }
        }
        if amount.is_infinite() {
            // Something that takes nothing: any number of it fits.
            self.gains[entering] = 0.0;
            return;
        }
        for row in 0..rows {
            self.amounts[row] -= amount * sign * self.columns[entering * rows + row];
        }
        let Some((row, is_at_most)) = leaving else {
            self.at_most[entering] = !self.at_most[entering];
            return;
        };
        let begun = if self.at_most[entering] { self.most[entering] } else { 0.0 };
        self.at_most[self.basis[row]] = is_at_most;
        self.at_most[entering] = false;
        self.basis[row] = entering;
        self.amounts[row] = begun + sign * amount;
        self.pivot(entering, row);
    }

    fn pivot(&mut self, entering: usize, row: usize) {
        let rows = self.rows;
        let factors: Vec<f64> = self.columns[entering * rows..(entering + 1) * rows].to_vec();
        let (pivot, gain) = (factors[row], self.gains[entering]);
        for (column, own) in self.columns.chunks_exact_mut(rows).enumerate() {
            let of_row = own[row] / pivot;
            if of_row == 0.0 {
                continue;
            }
            for (entry, factor) in own.iter_mut().zip(&factors) {
                *entry -= factor * of_row;
            }
            own[row] = of_row;
            self.gains[column] -= gain * of_row;
        }
    }
}
