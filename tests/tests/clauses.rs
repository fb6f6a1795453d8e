//! The clauses: what each needs it has, or is excused for (`cargo xtask clauses` prints it all); and
//! what is taken away is missed.

use std::fs;
use std::path::{Path, PathBuf};

use vfio_irq_book::clauses;
use vfio_irq_book::coverage::{Matrix, table};
use vfio_irq_tests::corpus::HOSTS;
use vfio_irq_tests::{root, scenarios};

fn gaps(root: &Path) -> Vec<String> {
    Matrix::read(root).expect("the repository can be read").gaps
}

#[test]
fn clauses_of_the_book_are_covered_or_excused() {
    let gaps = gaps(&root());
    assert!(gaps.is_empty(), "see `cargo xtask clauses`:\n{}", gaps.join("\n"));
}

#[test]
fn clause_of_a_page_speaks_of_kernels_there_are() {
    for path in scenarios::files(&root().join("book/src"), "md") {
        let text = fs::read_to_string(&path).expect("listed");
        let clauses = clauses::find(&text);
        for clause in clauses.unwrap_or_else(|error| panic!("{}: {error}", path.display())) {
            let known = |kernel: &String| HOSTS.contains(&format!("linux-{kernel}").as_str());
            assert!(clause.kernels.iter().all(known), "{}: {:?}", clause.id, clause.kernels);
        }
    }
}

/// One whose paragraph begins in another way than a clause's is found here.
#[test]
fn anchor_of_capitals_is_a_clause_of_the_table() {
    let table = table(&root()).expect("the table is there");
    assert!(table.len() > 100, "the table was not understood: {} rows", table.len());
    for path in scenarios::files(&root().join("book/src"), "md") {
        if path.ends_with("clauses.md") {
            continue;
        }
        let text = fs::read_to_string(&path).expect("listed");
        for id in text.split("<a id=\"").skip(1).filter_map(|rest| rest.split('"').next()) {
            if id
                .chars()
                .all(|letter| letter.is_ascii_uppercase() || "-0123456789".contains(letter))
            {
                let known = table.iter().any(|(known, ..)| known == id);
                assert!(known, "{}: {id} is not in the table", path.display());
            }
        }
    }
}

/// A copy of what the matrix is read from, to take things away from.
struct Copy {
    root: PathBuf,
}

impl Copy {
    fn new(name: &str) -> Self {
        let copy = Self { root: Path::new(env!("CARGO_TARGET_TMPDIR")).join(name) };
        let _ = fs::remove_dir_all(&copy.root);
        for (folder, extension) in
            [("core/src", "rs"), ("book/src", "md"), ("tests/scenarios", "scenario")]
        {
            for path in scenarios::files(&root().join(folder), extension) {
                copy.file(path.strip_prefix(root()).expect("found in it"));
            }
        }
        copy.file(Path::new("tests/clauses.txt"));
        copy.file(Path::new("tests/data/kernels/verified.json"));
        copy
    }

    fn file(&self, path: &Path) {
        let to = self.root.join(path);
        fs::create_dir_all(to.parent().expect("a file is in a folder")).expect("can be made");
        fs::copy(root().join(path), to).expect("can be copied");
    }

    /// Changes a file, and says what is missed that was not before.
    fn changed(&self, file: &str, from: &str, to: &str) -> Vec<String> {
        let path = self.root.join(file);
        let text = fs::read_to_string(&path).expect("copied");
        assert!(text.contains(from), "{file} has no {from:?}");
        let before = gaps(&self.root);
        fs::write(&path, text.replace(from, to)).expect("can be written");
        let after = gaps(&self.root);
        fs::write(&path, text).expect("can be written");
        after.into_iter().filter(|gap| !before.contains(gap)).collect()
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.root);
    }
}

#[test]
fn what_is_taken_away_is_a_gap() {
    let copy = Copy::new("clauses");
    let cases = [
        ("core/src/host/mod.rs", "// INTX-VF\n", "", "INTX-VF: core cites it nowhere"),
        ("core/src/host/mod.rs", "// INTX-VF\n", "// INTX-VG\n", "INTX-VG: core/src/host/mod.rs:"),
        ("core/src/host/config.rs", "// REGION-RANGE:", "//", "host/config.rs EFAULT: core/src/"),
        ("core/src/host/msi.rs", "// MSI-EARLY", "// \"X\"; \"MSI-EARLIER\"", "MSI-EARLIER: core"),
        ("book/src/clauses.md", "<a id=\"SET-ARGSZ\"></a>", "", "SET-ARGSZ: has no row in"),
        ("book/src/header.md", "<a id=\"SET-ARGSZ\"></a>", "", "SET-ARGSZ: is in book/src/clauses"),
        ("book/src/header.md", "**SET-ARGSZ** · *imp", "**SET-ARGSZ** · *un", "SET-ARGSZ: is unl"),
        (
            "tests/data/kernels/verified.json",
            "\"SET-ARGSZ\":{\"linux-6.1\":",
            "\"SET-ARGSZ\":{\"x\":",
            "SET-ARGSZ: not confirmed on 6.1",
        ),
        ("tests/clauses.txt", "kernels: INTX-VF", "kernels: INTX-X", "INTX-VF: not confirmed on"),
        (
            "tests/clauses.txt",
            "kernels: INTX-VF",
            "kernels: SET-ARGSZ, INTX-VF",
            "SET-ARGSZ: tests/cl",
        ),
    ];
    for (file, from, to, gap) in cases {
        let gaps = copy.changed(file, from, to);
        assert!(gaps.iter().any(|one| one.starts_with(gap)), "{file}, {from:?}: {gaps:?}");
    }
}

#[test]
fn scenario_that_names_its_clause_no_more_is_a_gap() {
    let copy = Copy::new("heads");
    let named = Matrix::read(&root()).expect("the repository can be read");
    let row = named.rows.values().find(|row| row.refuses == Some(true) && row.scenarios.len() == 1);
    let row = row.expect("some rule has one scenario");
    let (id, file) = (&row.clause.id, format!("tests/scenarios/{}", row.scenarios[0]));
    let gaps = copy.changed(&file, id, "NO-SUCH");
    for gap in [
        format!("NO-SUCH: {file} names it; it is no clause"),
        format!("{id}: no file of tests/scenarios names it"),
        format!("{id}: no scenario that names it is refused by it"),
    ] {
        assert!(gaps.contains(&gap), "{gap}: {gaps:?}");
    }
}
