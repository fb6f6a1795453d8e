//! `vfio-irq export`: programs compile without a warning, links open again, pictures are those of `run`.

mod command;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use command::{folder, ran, ran_with};

/// Every kind of step, right and wrong.
const STEPS: &str = "\
# Every kind of step. */ ??/
host linux-6.12 vectors=9
eventfd a v0..v3 big-Name a__b a--b a_ a-
plainfd p
irq_info msix argsz=15            -> EINVAL
irq_info msix                     -> count=5 flags=eventfd
set_irqs msix trigger eventfd 0 [v0..v3]  -> 0
set_irqs msix trigger eventfd 0 [v0..v3 x2, closed x3, -1, 7] argsz=20 flags=0x3f
set_irqs intx mask bool 0 [1, 0 x3]
set_irqs 9 unmask none 0+70000 data=010203
config read 0x04 2 x3             -> 0x0xx6
config read 0x40 3                -> data=000000
config write 0x04 2 0x0406        -> 0
config write 0x10 data=ffffffff00
region 9 read 0xffffffffffff 0
vectors 3
fire 3                            -> v3=1 v0..v2=0
assert intx
deassert intx x2
error
read a                            -> EAGAIN
write a 5                         -> 0
read a                            -> 5
read closed                       -> EBADF
close p                           -> 0
close 2000000000
read 0
write 1 5
close 4
irqfd a gsi 5                     -> 0
irqfd v0 gsi 0xffffffff resample big-Name  -> EBUSY
irqfd closed gsi 5 resample 7 x2  -> EBADF
irqfd a gsi 5 off                 -> 0
guest 5                           -> 1 a=0
eoi 5 x3
reset { after \"reset function\": fire 0 x2 }
ledger                            -> lost=0 big-Name=0
close
open                              -> 0
";

/// The scenarios that are compiled: this one, one that does next to nothing, and a few of the tests.
fn scenarios() -> Vec<String> {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/scenarios");
    // Longer than the longest string C promises.
    let long = format!("config read 0 2048 -> data={}\n", "0f".repeat(2048));
    let mut all = vec![STEPS.to_owned(), String::new(), "open\n".into(), "close\n".into(), long];
    for name in ["teardown/msix_loses", "intx/unmask_eventfd", "msix/enable_and_fire"] {
        let file = tests.join(name).with_extension("scenario");
        all.push(fs::read_to_string(file).expect("committed"));
    }
    all
}

const FUNCTIONS: [&str; 4] = ["e1000e", "xhci", "edu", "nvme"];

/// Writes the programs of a language, one for each scenario and function in turn.
fn programs(form: &str, folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for (scenario, at) in scenarios().iter().zip(0..) {
        // The first has every step: every function.
        let functions = if at == 0 { &FUNCTIONS[..] } else { &FUNCTIONS[at % 4..at % 4 + 1] };
        for function in functions {
            let arguments = format!("export - --as {form} --function {function}");
            let made = ran_with(&arguments, scenario.as_bytes());
            assert_eq!(made.status, 0, "{}", made.stderr);
            let extension = if form == "c" { "c" } else { "rs" };
            let file = folder.join(format!("p{at}_{function}.{extension}"));
            fs::write(&file, made.stdout).expect("writable");
            files.push(file);
        }
    }
    files
}

fn has(program: &str) -> bool {
    let mut command = Command::new(program);
    command.arg("--version").stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// Whether a program in C can be compiled here; where it must be, it is an error if not.
#[cfg(target_os = "linux")]
fn compiles_c() -> bool {
    let here = has("cc") && Path::new("/usr/include/linux/vfio.h").exists();
    if !here {
        assert!(std::env::var_os("CI").is_none(), "cc or <linux/vfio.h> is missing");
        println!("skipped: cc or <linux/vfio.h> is missing");
    }
    here
}

#[cfg(target_os = "linux")]
#[test]
fn c_programs_compile_without_a_warning() {
    if !compiles_c() {
        return;
    }
    let folder = folder("export-c");
    for file in programs("c", &folder) {
        let flags = ["-std=c11", "-Wall", "-Wextra", "-Werror", "-pedantic", "-O1", "-c", "-o"];
        let mut cc = Command::new("cc");
        let done = cc.args(flags).arg(folder.join("p.o")).arg(&file).output().expect("cc starts");
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    }
}

#[cfg(target_os = "linux")]
#[test]
fn rust_programs_compile_without_a_warning() {
    let folder = folder("export-rust");
    for file in programs("rust", &folder) {
        let flags = ["--edition=2024", "-Dwarnings", "--emit=metadata", "--crate-type=bin", "-o"];
        let mut rustc = Command::new("rustc");
        let output = folder.join("p.rmeta");
        let done = rustc.args(flags).arg(output).arg(&file).output().expect("rustc is there");
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    }
}

#[cfg(target_os = "linux")]
#[test]
fn program_without_its_device_says_so() {
    let folder = folder("export-run");
    let (source, program) = (folder.join("p.rs"), folder.join("p"));
    fs::write(&source, ran_with("export - --as rust", b"irq_info msi\n").stdout).expect("writable");
    let mut rustc = Command::new("rustc");
    let built = rustc.args(["--edition=2024", "-o"]).arg(&program).arg(&source).status();
    assert!(built.expect("rustc is there").success());

    let run = |arguments: &[&str]| {
        let ran = Command::new(&program).args(arguments).output().expect("it starts");
        (ran.status.code(), String::from_utf8_lossy(&ran.stderr).into_owned())
    };
    let (status, said) = run(&["ffff:ff:1f.7"]);
    assert!(status == Some(2) && said.contains("no PCI device ffff:ff:1f.7"), "{said}");
    let (status, said) = run(&[]);
    assert!(status == Some(2) && said.contains("0000:00:06.0"), "{said}");
}

/// Whether a program here, in whatever language, makes a hundred descriptors under the usual limit.
#[cfg(target_os = "linux")]
fn makes_a_hundred(program: &Path) {
    let limited = format!("ulimit -Sn 1024; exec {}", program.display());
    let ran = Command::new("sh").args(["-c", &limited]).output().expect("a shell");
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
}

#[cfg(target_os = "linux")]
#[test]
fn rust_program_makes_more_descriptors_than_the_usual_limit_leaves() {
    let folder = folder("export-limit-rust");
    let (source, program) = (folder.join("main.rs"), folder.join("p"));
    // The program's own `main` gives way to one that goes to no device.
    let text = ran_with("export - --as rust", b"eventfd a\n").stdout;
    let text = text.replace("fn main() -> ExitCode", "fn scenario() -> ExitCode");
    let main = "
        fn main() {
            let null = || File::open(\"/dev/null\").unwrap();
            let mut run = Run {
                address: String::new(),
                group: null(),
                container: null(),
                device: None,
                prepared: false,
                next_fd: 0,
                line: 0,
                words: Vec::new(),
                reply: String::new(),
                info: vfio::IrqInfo::default(),
                value: 0,
                verdict: None,
            };
            let made: Vec<i32> = (0..100).map(|_| run.new_eventfd()).collect();
            assert_eq!(made, (1000..1100).collect::<Vec<i32>>());
        }
    ";
    fs::write(&source, text + main).expect("writable");
    let mut rustc = Command::new("rustc");
    let built = rustc.args(["--edition=2024", "-o"]).arg(&program).arg(&source).output();
    let built = built.expect("rustc is there");
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    makes_a_hundred(&program);
}

#[cfg(target_os = "linux")]
#[test]
fn c_program_makes_more_descriptors_than_the_usual_limit_leaves() {
    if !compiles_c() {
        return;
    }
    let folder = folder("export-limit-c");
    let (source, program) = (folder.join("main.c"), folder.join("p"));
    let text = ran_with("export - --as c", b"eventfd a\n").stdout;
    fs::write(folder.join("p.c"), text).expect("writable");
    let main = "#define main scenario\n#include \"p.c\"\n#undef main\n\
        int main(void) { for (int i = 0; i < 100; i++) if (new_eventfd() != 1000 + i) return 1; }\n";
    fs::write(&source, main).expect("writable");
    let built =
        Command::new("cc").arg("-o").arg(&program).arg(&source).output().expect("cc starts");
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    makes_a_hundred(&program);
}

#[test]
fn what_a_program_can_not_do_is_noted_and_not_an_error() {
    let made = ran_with("export - --as c", b"function edu\nfire 0\nerror\n");

    assert_eq!(made.status, 0);
    assert_eq!(made.stderr, "note: line 3: not carried: error\n");
    let made = ran_with("export - --as c --function nvme", b"function edu\nfire 0\n");
    assert_eq!(made.stderr, "note: line 2: not carried: fire 0\n");
}

#[test]
fn link_of_a_scenario_runs_as_the_scenario_does() {
    let text = "function simple\nset_irqs msix trigger eventfd 0 [a] -> 0\nfire 0 -> a=1\n";
    let link = ran_with("export - --as link --page https://example.org/p.html", text.as_bytes());

    assert!(link.stdout.starts_with("https://example.org/p.html#v1="), "{}", link.stdout);
    let shown = ran(&format!("run {}", link.stdout.trim()));
    assert_eq!((shown.status, &*shown.stderr), (0, ""));
    assert_eq!(shown.stdout, ran_with("run -", text.as_bytes()).stdout);
    let fragment = link.stdout.trim().split_once('#').expect("a fragment").1.to_owned();
    assert_eq!(
        ran(&format!("export #{fragment} --as scenario")).stdout,
        text.replace("] ->", "]  ->")
            .replace("fire 0 ->", "fire 0                               ->")
    );
}

#[test]
fn wrong_link_is_an_error_that_says_what_to_do() {
    for (link, said) in [
        ("#v1=AAAAAAAA", "cut on its way"),
        ("#v7=AAAA", "version 7"),
        ("https://example.org/", "no link to a scenario"),
    ] {
        let ran = ran(&format!("run {link}"));
        assert_eq!((ran.status, &*ran.stdout), (2, ""), "{link}");
        assert!(ran.stderr.contains(said), "{link}: {}", ran.stderr);
    }
}

#[test]
fn trace_in_another_form_is_what_run_prints_without_notes() {
    let text = b"function simple\nset_irqs msix mask none 0+1\n";
    for form in ["text", "json", "svg"] {
        let made = ran_with(&format!("export - --as {form}"), text);
        let shown = ran_with(&format!("run - --no-notes --format {form}"), text);
        assert_eq!(made.stdout, shown.stdout, "{form}");
    }
}

#[test]
fn relative_link_says_how_it_gets_an_address() {
    let relative = ran_with("export - --as link", b"fire 0\n");
    assert_eq!(relative.status, 0);
    assert!(relative.stdout.starts_with("playground.html#"), "{}", relative.stdout);
    assert!(relative.stderr.contains("--page URL"), "{}", relative.stderr);
    let page = "https://example.org/playground.html";
    let whole = ran_with(&format!("export - --as link --page {page}"), b"fire 0\n");
    assert_eq!((whole.status, &*whole.stderr), (0, ""));
    assert!(whole.stdout.starts_with(page), "{}", whole.stdout);
}
