//! Columns of plain text.

/// Rows of cells, printed with aligned columns two spaces apart.
#[derive(Default)]
pub(crate) struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(crate) fn row<const N: usize>(&mut self, cells: [&str; N]) {
        self.push(cells.iter().map(|cell| (*cell).to_owned()).collect());
    }

    pub(crate) fn push(&mut self, cells: Vec<String>) {
        self.rows.push(cells);
    }

    /// The lines, each behind `indent` spaces, without trailing blanks.
    pub(crate) fn print(&self, indent: usize) -> String {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let width = |column: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(column));
            cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..columns).map(width).collect();
        let mut out = String::new();
        for row in &self.rows {
            let mut line = " ".repeat(indent);
            for (cell, &width) in row.iter().zip(&widths) {
                line.push_str(&format!("{cell:width$}  "));
            }
            out.push_str(line.trim_end());
            out.push('\n');
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_of_unequal_length_stand_in_columns() {
        let mut table = Table::default();
        table.row(["name", "pin"]);
        table.row(["é", "A"]);
        table.row(["longest", ""]);

        assert_eq!(table.print(2), "  name     pin\n  é        A\n  longest\n");
    }
}
