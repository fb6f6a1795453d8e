//! The `vfio-irq` command: arguments in, a report out. What it does is in the library.

use std::env;
use std::io::{self, ErrorKind, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::builder::PossibleValuesParser;
use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum, ValueHint};
use clap_complete::Shell;
use vfio_irq::address::Address;
use vfio_irq::input::Input;
#[cfg(target_os = "linux")]
use vfio_irq::real;
use vfio_irq::{
    Exit, Paint, Report, answers, conform, explore, export, import, inspect, kselftest, profiles,
    race, run,
};
use vfio_irq_core::explore::{Bounds, Invariant, Reached};
use vfio_irq_core::export::Known;
use vfio_irq_core::pci::WhenOff;
use vfio_irq_core::render;
use vfio_irq_core::scenario::Overrides;
use vfio_irq_core::vmm::Setup;

mod help;

/// Linux VFIO device interrupts as an executable specification.
#[derive(Parser)]
#[command(name = "vfio-irq", version, about = help::ABOUT, after_help = help::ABOUT_EXAMPLES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    /// Colours: `auto` means on a terminal, unless NO_COLOR is set.
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    color: When,
}

#[derive(Clone, Copy, ValueEnum)]
enum When {
    Auto,
    Always,
    Never,
}

#[derive(Subcommand)]
enum Command {
    #[command(about = help::RUN, long_about = help::RUN_LONG, after_long_help = help::RUN_EXAMPLES)]
    Run(Run),
    #[command(about = help::EXPLORE, long_about = help::EXPLORE_LONG, after_long_help = help::EXPLORE_EXAMPLES)]
    Explore(Explore),
    #[command(about = help::INSPECT, long_about = help::INSPECT_LONG, after_long_help = help::INSPECT_EXAMPLES)]
    Inspect(Inspect),
    #[command(about = help::IMPORT, long_about = help::IMPORT_LONG, after_long_help = help::IMPORT_EXAMPLES)]
    Import {
        /// Lines of strace, bytes of a request, or a config dump; `-` reads standard input. Or a link.
        #[arg(value_hint = ValueHint::FilePath)]
        file: PathBuf,
        /// The function of a config dump at this address, instead of the first that can interrupt.
        #[arg(long, value_name = "ADDRESS")]
        function: Option<String>,
    },
    #[command(about = help::ANSWERS, long_about = help::ANSWERS_LONG, after_long_help = help::ANSWERS_EXAMPLES)]
    Answers(Answers),
    #[command(about = help::EXPORT, long_about = help::EXPORT_LONG, after_long_help = help::EXPORT_EXAMPLES)]
    Export(Export),
    #[command(about = conform::HELP, long_about = conform::HELP_LONG, after_long_help = conform::HELP_EXAMPLES)]
    Conform(Conform),
    #[command(about = help::RACE, long_about = help::RACE_LONG, after_long_help = help::RACE_EXAMPLES)]
    Race(Race),
    #[command(about = help::HOSTS, long_about = help::HOSTS_LONG, after_long_help = help::HOSTS_EXAMPLES)]
    Hosts(List),
    #[command(about = help::FUNCTIONS, long_about = help::FUNCTIONS_LONG, after_long_help = help::FUNCTIONS_EXAMPLES)]
    Functions(List),
    #[command(about = help::COMPLETIONS, long_about = help::COMPLETIONS_LONG, after_long_help = help::COMPLETIONS_EXAMPLES)]
    Completions {
        /// The shell to complete in.
        shell: Shell,
    },
}

#[derive(Args)]
struct Run {
    /// The scenario; `-` reads standard input. Or a link to the playground.
    #[arg(value_hint = ValueHint::FilePath)]
    file: PathBuf,
    /// Run on this host instead of the scenario's own.
    #[arg(long, value_name = "PROFILE", value_parser = PossibleValuesParser::new(profiles::host_names()))]
    host: Option<String>,
    /// Run with this function instead of the scenario's own: a name `functions` lists, or a config
    /// dump (`FILE#ADDRESS` picks one of several).
    #[arg(long, value_name = "FILE|NAME", value_hint = ValueHint::FilePath)]
    function: Option<String>,
    /// Run on this real device, under vfio-pci, instead of the emulator. The scenario's function
    /// and host lines are not looked at.
    #[arg(long, value_name = "ADDRESS", conflicts_with_all = ["host", "function"])]
    device: Option<Address>,
    #[command(flatten)]
    way: Way,
    /// How to show the trace.
    #[arg(long, default_value = "text")]
    format: RunFormat,
    /// Leave out the notes about likely misuse.
    #[arg(long)]
    no_notes: bool,
}

#[derive(Args)]
struct Explore {
    /// The scenario; `-` reads standard input. Or a link to the playground.
    #[arg(value_hint = ValueHint::FilePath)]
    file: PathBuf,
    /// The host instead of the scenario's own; `all` means every built-in one, one after the other.
    #[arg(long, value_name = "PROFILE|all", value_parser = PossibleValuesParser::new(hosts_or_all()))]
    host: Option<String>,
    /// The function instead of the scenario's own: a name `functions` lists, or a config dump
    /// (`FILE#ADDRESS` picks one of several).
    #[arg(long, value_name = "FILE|NAME", value_hint = ValueHint::FilePath)]
    function: Option<String>,
    /// What should hold; without, all of these.
    #[arg(long, value_name = "WORD", value_delimiter = ',', value_parser = PossibleValuesParser::new(Invariant::ALL.map(Invariant::word)))]
    ask: Vec<String>,
    /// How much memory the states may take, for one host.
    #[arg(long, value_name = "MIB", default_value_t = 1024, value_parser = clap::value_parser!(u32).range(1..=1 << 20))]
    memory: u32,
    /// How to show what was found.
    #[arg(long, default_value = "text")]
    format: ReportFormat,
}

#[derive(Clone, Copy, ValueEnum)]
enum ReportFormat {
    /// 72 columns, fit for a mail.
    Text,
    /// For programs.
    Json,
}

#[derive(Args)]
struct Way {
    /// How to reach a real device; without, its own character device where there is one, else its
    /// group.
    #[arg(long, value_name = "WAY", requires = "device")]
    interface: Option<Interface>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Interface {
    /// Group and container: /dev/vfio/GROUP.
    Group,
    /// Character device and IOMMUFD: /dev/vfio/devices/vfioN.
    Cdev,
}

#[derive(Clone, Copy, ValueEnum)]
enum RunFormat {
    /// 72 columns, fit for a mail.
    Text,
    /// Every event.
    Json,
    /// A sequence diagram.
    Svg,
}

#[derive(Args)]
struct Export {
    /// The scenario; `-` reads standard input. Or a link to the playground. With `--kselftest` any
    /// number of scenarios; without one, those built in.
    #[arg(value_hint = ValueHint::FilePath, required_unless_present = "kselftest")]
    files: Vec<PathBuf>,
    /// As what.
    #[arg(long = "as", value_name = "FORM", required_unless_present = "kselftest")]
    form: Option<Form>,
    /// One C program with a test for each scenario, in the style of the kernel's selftests.
    #[arg(long, conflicts_with_all = ["form", "function", "host", "page"])]
    kselftest: bool,
    /// For this function instead of the scenario's own. Programs know how to make `e1000e`, `xhci` and
    /// `edu` interrupt.
    #[arg(long, value_name = "FILE|NAME", value_hint = ValueHint::FilePath)]
    function: Option<String>,
    /// Run on this host instead of the scenario's own; of no matter to programs and links.
    #[arg(long, value_name = "PROFILE", value_parser = PossibleValuesParser::new(profiles::host_names()))]
    host: Option<String>,
    /// The page a link is to open.
    #[arg(long, value_name = "URL", default_value = "playground.html")]
    page: String,
}

#[derive(Clone, Copy, ValueEnum)]
enum Form {
    /// A C program for a real device.
    C,
    /// A Rust program for a real device.
    Rust,
    /// A link to the playground.
    Link,
    /// The scenario in its canonical form.
    Scenario,
    /// The trace, 72 columns.
    Text,
    /// The trace with every event.
    Json,
    /// The trace as a sequence diagram.
    Svg,
}

#[derive(Args)]
struct Inspect {
    /// The dump: a sysfs `config` file, or the output of lspci -x, -xxx or -xxxx; `-` reads
    /// standard input. Or the address of a device here, like 0000:00:06.0.
    #[arg(value_hint = ValueHint::FilePath)]
    file: PathBuf,
    #[command(flatten)]
    list: List,
}

#[derive(Args)]
struct Answers {
    /// The scenarios; `-` reads standard input.
    #[arg(value_hint = ValueHint::FilePath, required = true)]
    files: Vec<PathBuf>,
    /// The emulator's host, instead of each scenario's own.
    #[arg(long, value_name = "PROFILE", value_parser = PossibleValuesParser::new(profiles::host_names()))]
    host: Option<String>,
    /// The emulator's function, instead of each scenario's own.
    #[arg(long, value_name = "FILE|NAME", value_hint = ValueHint::FilePath)]
    function: Option<String>,
    /// Ask this real device, under vfio-pci, instead of the emulator.
    #[arg(long, value_name = "ADDRESS", conflicts_with_all = ["host", "function"])]
    device: Option<Address>,
    #[command(flatten)]
    way: Way,
    /// For a laboratory: write each line's number to this config space's Interrupt Line.
    #[arg(long, hide = true, requires = "device", value_name = "CONFIG")]
    marks: Option<PathBuf>,
    /// For a laboratory: over this terminal, let the kernel be held inside calls.
    #[arg(long, hide = true, requires = "device", value_name = "TTY")]
    halt: Option<PathBuf>,
}

#[derive(Args)]
struct Conform {
    /// The device, under vfio-pci. Nothing of value may depend on it.
    #[arg(long, value_name = "ADDRESS", required_unless_present = "list_rules")]
    device: Option<Address>,
    #[command(flatten)]
    way: Way,
    /// The emulator's host; without, the one most like the running kernel.
    #[arg(long, value_name = "PROFILE", value_parser = PossibleValuesParser::new(profiles::host_names()))]
    host: Option<String>,
    /// The emulator's function; without, the one most like the device.
    #[arg(long, value_name = "FILE|NAME", value_hint = ValueHint::FilePath)]
    function: Option<String>,
    /// What the steps are made from: the same seed, the same steps.
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// How many operations.
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    ops: u64,
    /// The first sequence, to come back to a difference.
    #[arg(long, value_name = "N", default_value_t = 0)]
    sequence: u64,
    /// The host has no interrupt remapping.
    #[arg(long)]
    no_remapping: bool,
    /// Also do what this rule leaves out.
    #[arg(long, value_name = "RULE")]
    without: Vec<String>,
    /// Print the rules by which steps are left out.
    #[arg(long)]
    list_rules: bool,
}

#[derive(Args)]
struct Race {
    /// On this host; may be given more than once. Without, on all built in.
    #[arg(long, value_name = "PROFILE", value_parser = PossibleValuesParser::new(profiles::host_names()))]
    host: Vec<String>,
    /// In this workload alone.
    #[arg(long, value_name = "NAME", value_parser = PossibleValuesParser::new(race::workload_names()))]
    workload: Option<String>,
    /// The host has this many vectors to give; without, it is never short.
    #[arg(long, value_name = "N")]
    vectors: Option<u32>,
    /// Vectors the driver uses, a queue each.
    #[arg(long, value_name = "N", default_value_t = Setup::default().queues, value_parser = clap::value_parser!(u16).range(race::QUEUES))]
    queues: u16,
    /// Entries of the MSI-X table.
    #[arg(long, value_name = "N", default_value_t = Setup::default().table, value_parser = clap::value_parser!(u16).range(race::TABLE))]
    table: u16,
    /// What the function does with what it raises while MSI-X is off.
    #[arg(long, value_name = "WHAT", default_value = "divert")]
    when_off: Off,
    /// How to show it.
    #[arg(long, default_value = "text")]
    format: RaceFormat,
    /// Print one as a scenario instead; without a host, on linux-6.12.
    #[arg(long, value_name = "STRATEGY/WORKLOAD/HOST", conflicts_with_all = ["host", "workload", "format"])]
    scenario: Option<String>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Off {
    /// Raises INTx instead.
    Divert,
    /// Drops it.
    Drop,
    /// Holds it until MSI-X is on again.
    Hold,
}

#[derive(Clone, Copy, ValueEnum)]
enum RaceFormat {
    /// Tables, 72 columns.
    Text,
    /// For programs.
    Json,
    /// A bar chart.
    Svg,
    /// Tables for a page.
    Markdown,
}

#[derive(Args)]
struct List {
    /// How to show it.
    #[arg(long, default_value = "text")]
    format: Format,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// Aligned columns.
    Text,
    /// For programs.
    Json,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let report = execute(&cli).unwrap_or_else(|error| Report {
        stdout: String::new(),
        stderr: format!("error: {error:#}\n"),
        exit: Exit::Wrong,
    });
    // The trace first: on a terminal what went wrong should stand last.
    let written =
        write(io::stdout(), &report.stdout).and_then(|()| write(io::stderr(), &report.stderr));
    match written {
        Ok(()) => report.exit.into(),
        Err(error) => {
            // Nothing more can be said if standard error is what failed.
            let _ = write(io::stderr(), &format!("error: can't write the output: {error}\n"));
            Exit::Wrong.into()
        }
    }
}

fn execute(cli: &Cli) -> anyhow::Result<Report> {
    match &cli.command {
        Command::Run(arguments) => run_scenario(arguments, cli.color),
        Command::Explore(arguments) => explore_scenario(arguments, cli.color),
        Command::Inspect(Inspect { file, list }) => match address_in(file) {
            Some(address) => inspect_device(address, list.format.into()),
            None => Ok(inspect::inspect(&Input::read(file)?, list.format.into())?),
        },
        Command::Import { file, function } => {
            let paint = paint(cli.color, &io::stderr());
            Ok(import::import(&Input::read_or_link(file)?, function.as_deref(), paint)?)
        }
        Command::Answers(arguments) => print_answers(arguments),
        Command::Export(arguments) => export_scenario(arguments),
        Command::Conform(arguments) => run_conform(arguments),
        Command::Race(arguments) => run_race(arguments, cli.color),
        Command::Hosts(list) => Ok(profiles::compare_hosts(list.format.into())),
        Command::Functions(list) => Ok(profiles::compare_functions(list.format.into())),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(*shell, &mut Cli::command(), "vfio-irq", &mut script);
            Ok(Report::done(String::from_utf8(script)?))
        }
    }
}

fn run_scenario(arguments: &Run, color: When) -> anyhow::Result<Report> {
    let Run { file, host, function, device, way, format, no_notes } = arguments;
    check_stdin(file, function.as_deref())?;
    let overrides = Overrides {
        host: host.as_deref().map(profiles::host).transpose()?,
        function: function.as_deref().map(profiles::function).transpose()?,
    };
    let options = run::Options {
        overrides,
        format: match format {
            RunFormat::Text => run::Format::Text,
            RunFormat::Json => run::Format::Json,
            RunFormat::Svg => run::Format::Svg,
        },
        notes: !no_notes,
        stdout: paint(color, &io::stdout()),
        stderr: paint(color, &io::stderr()),
    };
    let input = Input::read_or_link(file)?;
    match device {
        Some(address) => run_on_device(&input, *address, way, &options),
        None => Ok(run::run(&input, &options)?),
    }
}

/// Standard input can't be two things.
fn check_stdin(file: &Path, function: Option<&str>) -> anyhow::Result<()> {
    let from_stdin = |name: &str| name == "-" || name.starts_with("-#");
    if from_stdin(&file.to_string_lossy()) && function.is_some_and(from_stdin) {
        anyhow::bail!("standard input can be the scenario or the function, not both");
    }
    Ok(())
}

fn explore_scenario(arguments: &Explore, color: When) -> anyhow::Result<Report> {
    let Explore { file, host, function, ask, memory, format } = arguments;
    check_stdin(file, function.as_deref())?;
    let hosts = match host.as_deref() {
        None => Vec::new(),
        Some("all") => profiles::host_names(),
        Some(name) => vec![name],
    };
    let asked = |one: &Invariant| ask.is_empty() || ask.iter().any(|word| word == one.word());
    let options = explore::Options {
        hosts: hosts.into_iter().map(profiles::host).collect::<Result<_, _>>()?,
        function: function.as_deref().map(profiles::named).transpose()?,
        asked: Invariant::ALL.into_iter().filter(asked).collect(),
        bounds: Bounds { memory: (*memory as usize).saturating_mul(1 << 20) },
        format: match format {
            ReportFormat::Text => vfio_irq::Format::Text,
            ReportFormat::Json => vfio_irq::Format::Json,
        },
        stderr: paint(color, &io::stderr()),
    };
    let mut progress = Progress { shown: io::stderr().is_terminal(), last: None };
    let report = explore::explore(&Input::read_or_link(file)?, &options, &mut |host, reached| {
        progress.show(host, reached);
    });
    progress.clear();
    Ok(report?)
}

/// One line on a terminal, written over and over.
struct Progress {
    shown: bool,
    /// When it was written last.
    last: Option<Instant>,
}

impl Progress {
    /// Between two changes: faster can't be read.
    const PAUSE: Duration = Duration::from_millis(200);

    fn show(&mut self, host: &str, reached: &Reached) {
        let now = Instant::now();
        let due = self.last.is_none_or(|last| now.duration_since(last) >= Self::PAUSE);
        if !self.shown || !due || reached.states < 2 {
            return;
        }
        self.last = Some(now);
        let (states, open) = (render::count(reached.states), render::count(reached.open));
        let memory = render::mib(reached.memory);
        let line = format!("\r\x1b[K{host}: {states} states, {open} open, {memory} MiB");
        // It is only a courtesy: what fails is told with the report.
        let _ = write(io::stderr(), &line);
    }

    fn clear(&self) {
        if self.last.is_some() {
            let _ = write(io::stderr(), "\r\x1b[K");
        }
    }
}

fn hosts_or_all() -> Vec<&'static str> {
    let mut names = profiles::host_names();
    names.push("all");
    names
}

fn export_scenario(arguments: &Export) -> anyhow::Result<Report> {
    let Export { files, form, kselftest, function, host, page } = arguments;
    if *kselftest {
        let inputs = files.iter().map(|file| Input::read_or_link(file));
        return Ok(kselftest::export(&inputs.collect::<Result<Vec<_>, _>>()?)?);
    }
    let ([file], Some(form)) = (&files[..], form) else {
        anyhow::bail!("one scenario at a time; --kselftest takes many");
    };
    let overrides = Overrides {
        host: host.as_deref().map(profiles::host).transpose()?,
        function: function.as_deref().map(profiles::function).transpose()?,
    };
    let known = function.as_deref().and_then(Known::by_name);
    let plain = Paint::new(false);
    let options = run::Options {
        overrides,
        format: run::Format::Text,
        notes: false,
        stdout: plain,
        stderr: plain,
    };
    let form = match form {
        Form::C => export::As::C,
        Form::Rust => export::As::Rust,
        Form::Link => export::As::Link,
        Form::Scenario => export::As::Scenario,
        Form::Text => export::As::Text,
        Form::Json => export::As::Json,
        Form::Svg => export::As::Svg,
    };
    Ok(export::export(&Input::read_or_link(file)?, form, known, page, &options)?)
}

fn run_race(arguments: &Race, color: When) -> anyhow::Result<Report> {
    let Race { host, workload, vectors, queues, table, when_off, format, scenario } = arguments;
    let when_off = match when_off {
        Off::Divert => WhenOff::Divert,
        Off::Drop => WhenOff::Drop,
        Off::Hold => WhenOff::Hold,
    };
    let setup = Setup { queues: *queues, table: *table, vectors: *vectors, when_off };
    if let Some(which) = scenario {
        return Ok(race::scenario(which, setup)?);
    }
    let hosts = host.iter().map(|name| profiles::host(name)).collect::<Result<Vec<_>, _>>()?;
    let format = match format {
        RaceFormat::Text => race::Format::Text,
        RaceFormat::Json => race::Format::Json,
        RaceFormat::Svg => race::Format::Svg,
        RaceFormat::Markdown => race::Format::Markdown,
    };
    let paint = paint(color, &io::stdout());
    Ok(race::run(&hosts, workload.as_deref(), setup, format, paint)?)
}

/// The address an argument is, unless there is a file of that name.
fn address_in(argument: &Path) -> Option<Address> {
    if argument.exists() { None } else { argument.to_str()?.parse().ok() }
}

#[cfg(target_os = "linux")]
fn which(address: Address, way: &Way) -> real::Which {
    use vfio_irq::address::Interface as Ways;
    let interface = match way.interface {
        None => Ways::Any,
        Some(Interface::Group) => Ways::Group,
        Some(Interface::Cdev) => Ways::Cdev,
    };
    real::Which { address, interface }
}

#[cfg(target_os = "linux")]
fn run_on_device(
    input: &Input,
    address: Address,
    way: &Way,
    options: &run::Options,
) -> anyhow::Result<Report> {
    Ok(real::run_scenario(input, which(address, way), options)?)
}

#[cfg(target_os = "linux")]
fn inspect_device(address: Address, format: vfio_irq::Format) -> anyhow::Result<Report> {
    let way = Way { interface: None };
    Ok(real::inspect_device(which(address, &way), format)?)
}

#[cfg(target_os = "linux")]
fn answers_of_device(
    inputs: &[Input],
    address: Address,
    arguments: &Answers,
) -> anyhow::Result<Report> {
    let Answers { way, marks, halt, .. } = arguments;
    let laboratory = real::Laboratory { marks: marks.clone(), halt: halt.clone() };
    Ok(real::print_answers(inputs, which(address, way), &laboratory, &mut io::stdout())?)
}

#[cfg(not(target_os = "linux"))]
fn run_on_device(_: &Input, _: Address, _: &Way, _: &run::Options) -> anyhow::Result<Report> {
    Err(vfio_irq::Error::NoBackend.into())
}

#[cfg(not(target_os = "linux"))]
fn inspect_device(_: Address, _: vfio_irq::Format) -> anyhow::Result<Report> {
    Err(vfio_irq::Error::NoBackend.into())
}

#[cfg(not(target_os = "linux"))]
fn answers_of_device(_: &[Input], _: Address, _: &Answers) -> anyhow::Result<Report> {
    Err(vfio_irq::Error::NoBackend.into())
}

#[cfg(target_os = "linux")]
fn run_conform(arguments: &Conform) -> anyhow::Result<Report> {
    let Some(address) = arguments.device.filter(|_| !arguments.list_rules) else {
        return Ok(Report::done(conform::rules()));
    };
    let mut limits = conform::Limits::default();
    for rule in &arguments.without {
        limits.avoid = limits.avoid.without(rule)?;
    }
    let wanted = real::Conform {
        host: arguments.host.as_deref().map(profiles::host).transpose()?,
        function: arguments.function.as_deref().map(profiles::function).transpose()?,
        remapping: !arguments.no_remapping,
        seed: arguments.seed,
        ops: arguments.ops,
        sequence: arguments.sequence,
        limits,
    };
    Ok(real::conform_device(which(address, &arguments.way), wanted, &mut io::stderr())?)
}

#[cfg(not(target_os = "linux"))]
fn run_conform(arguments: &Conform) -> anyhow::Result<Report> {
    if arguments.list_rules {
        return Ok(Report::done(conform::rules()));
    }
    Err(vfio_irq::Error::NoBackend.into())
}

fn print_answers(arguments: &Answers) -> anyhow::Result<Report> {
    let inputs = arguments.files.iter().map(|file| Input::read(file));
    let inputs = inputs.collect::<Result<Vec<_>, _>>()?;
    if let Some(address) = arguments.device {
        return answers_of_device(&inputs, address, arguments);
    }
    let overrides = Overrides {
        host: arguments.host.as_deref().map(profiles::host).transpose()?,
        function: arguments.function.as_deref().map(profiles::function).transpose()?,
    };
    Ok(answers::emulated(&inputs, &overrides)?)
}

impl From<Format> for vfio_irq::Format {
    fn from(format: Format) -> Self {
        match format {
            Format::Text => Self::Text,
            Format::Json => Self::Json,
        }
    }
}

/// Whether to colour a stream. <https://no-color.org>: any value but the empty one says no.
fn paint(color: When, stream: &impl IsTerminal) -> Paint {
    let refused = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
        || env::var_os("TERM").is_some_and(|value| value == "dumb");
    Paint::new(match color {
        When::Auto => stream.is_terminal() && !refused,
        When::Always => true,
        When::Never => false,
    })
}

/// Writes everything. A reader that has gone away (`| head`) has what it wanted: no error.
fn write(mut stream: impl Write, text: &str) -> io::Result<()> {
    match stream.write_all(text.as_bytes()).and_then(|()| stream.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        result => result,
    }
}
