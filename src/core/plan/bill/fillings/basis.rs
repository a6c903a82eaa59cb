//! The revised simplex method with an explicit inverse of the basis.

/// Amounts smaller than this are rounding errors.
pub(super) const EPSILON: f64 = 1e-9;

/// The basis of a linear program: as many columns as there are rows.
pub(super) struct Basis {
    rows: usize,
    /// Row by row.
    inverse: Vec<f64>,
    /// Which column is in each row.
    pub(super) columns: Vec<usize>,
    /// How much of it.
    pub(super) amounts: Vec<f64>,
    /// What one more of each row costs.
    pub(super) duals: Vec<f64>,
}

impl Basis {
    /// Begins with columns of which the one of each row has nothing in the rows after it, such that
    /// all amounts are positive.
    pub(super) fn new(columns: Vec<usize>, entries: &[Vec<(usize, f64)>], costs: &[f64], wanted: &[f64]) -> Self {
        let rows = columns.len();
        let mut basis =
            Self { rows, inverse: vec![0.0; rows * rows], columns, amounts: vec![0.0; rows], duals: vec![0.0; rows] };
        // Every column has its own row and rows of limits, which stand after all others and whose
        // own columns have nothing else.
        for (row, entries) in entries.iter().enumerate() {
            let own = entries.iter().find(|(at, _)| *at == row).map_or(1.0, |(_, entry)| *entry);
            basis.inverse[row * rows + row] = 1.0 / own;
        }
        for (column, entries) in entries.iter().enumerate() {
            for (row, entry) in entries.iter().filter(|(row, _)| *row != column) {
                let (of_row, of_column) = (basis.inverse[row * rows + row], basis.inverse[column * rows + column]);
                basis.inverse[row * rows + column] = -of_row * entry * of_column;
            }
        }
        basis.amounts = (0..rows).map(|row| dot(basis.row(row), wanted)).collect();
        for (row, cost) in costs.iter().enumerate() {
            for (dual, entry) in basis.duals.iter_mut().zip(&basis.inverse[row * rows..(row + 1) * rows]) {
                *dual += cost * entry;
            }
        }
        basis
    }

    fn row(&self, row: usize) -> &[f64] {
        &self.inverse[row * self.rows..(row + 1) * self.rows]
    }

    /// Returns by how much a column lowers the cost, for each of it.
    pub(super) fn gain(&self, cost: f64, entries: &[(usize, f64)]) -> f64 {
        entries.iter().map(|(row, entry)| self.duals[*row] * entry).sum::<f64>() - cost
    }

    /// Takes a column in that lowers the cost by so much for each of it. Returns whether any had to
    /// go for it.
    pub(super) fn enter(&mut self, column: usize, entries: &[(usize, f64)], gain: f64) -> bool {
        let rows = self.rows;
        let change: Vec<f64> =
            (0..rows).map(|row| entries.iter().map(|(at, entry)| self.inverse[row * rows + at] * entry).sum()).collect();
        let mut leaving: Option<(f64, usize)> = None;
        for (row, change) in change.iter().enumerate().filter(|(_, change)| **change > EPSILON) {
            let ratio = self.amounts[row].max(0.0) / change;
            let is_less = leaving.is_none_or(|(least, at)| {
                ratio < least - EPSILON || (ratio <= least + EPSILON && self.columns[row] < self.columns[at])
            });
            if is_less {
                leaving = Some((ratio, row));
            }
        }
        let Some((amount, leaving)) = leaving else { return false };
        let pivot = change[leaving];
        let of_leaving: Vec<f64> = self.row(leaving).iter().map(|entry| entry / pivot).collect();
        for (row, change) in change.iter().enumerate() {
            if row == leaving || change.abs() <= 1e-12 {
                continue;
            }
            self.amounts[row] -= amount * change;
            for (entry, of_leaving) in self.inverse[row * rows..(row + 1) * rows].iter_mut().zip(&of_leaving) {
                *entry -= change * of_leaving;
            }
        }
        for (dual, of_leaving) in self.duals.iter_mut().zip(&of_leaving) {
            *dual -= gain * of_leaving;
        }
        self.inverse[leaving * rows..(leaving + 1) * rows].copy_from_slice(&of_leaving);
        (self.amounts[leaving], self.columns[leaving]) = (amount, column);
        true
    }
}

fn dot(one: &[f64], other: &[f64]) -> f64 {
    one.iter().zip(other).map(|(one, other)| one * other).sum()
}
