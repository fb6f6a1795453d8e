//! A strategy, a workload and a host, played once: what was requested and answered, and when each
//! queue was started.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

use super::Vmm;
use super::policy::{Action, Reply};
use super::record::Recorder;
use super::strategy::Strategy;
use super::workload::Workload;
use crate::device::Stimulus;
use crate::event::Call;
use crate::host::HostProfile;
use crate::machine::Machine;
use crate::pci::WhenOff;
use crate::scenario::ast::{
    self, FunctionLine, FunctionOption, HostLine, Line, MsixOption, Statement, StepLine,
};
use crate::scenario::{Overrides, Scenario, TextError};

/// How large the device is, and how short its host.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Setup {
    /// Vectors the driver uses, one queue each; at least 2.
    pub queues: u16,
    /// Entries of the MSI-X table, at least as many; at most 2048.
    pub table: u16,
    /// Vectors the host can give in all; none: it is never short.
    pub vectors: Option<u32>,
    /// What the function does with what it raises while MSI-X is off.
    pub when_off: WhenOff,
}

impl Default for Setup {
    /// Four queues, a table of eight, a host that is not short, a function that falls back to INTx.
    fn default() -> Self {
        Self { queues: 4, table: 8, vectors: None, when_off: WhenOff::Divert }
    }
}

impl Setup {
    /// The lines every play begins with: a function with INTA# and MSI-X, and its host.
    fn lines(&self, host: &HostProfile) -> Vec<Line> {
        let msix = MsixOption { vectors: self.table, table: None, pba: None };
        let mut options = vec![FunctionOption::Intx(1), FunctionOption::Msix(Some(msix))];
        if self.when_off != WhenOff::Divert {
            options.push(FunctionOption::WhenOff(self.when_off));
        }
        let options = options.into_iter().map(Into::into).collect();
        let function = FunctionLine { profile: None, options };
        let profile = host.name.to_string().into();
        let host = HostLine { profile, vectors: self.vectors, remapping: None };
        [Statement::Function(function), Statement::Host(host)].map(said).to_vec()
    }

    /// The function on this host, the device open, Memory Space and Bus Master on, as every scenario
    /// begins.
    pub(super) fn machine(&self, host: &HostProfile) -> Result<Machine, TextError> {
        let overrides = Overrides { host: Some(host.clone()), function: None };
        let scenario =
            Scenario::from_lines(self.lines(host)).map_err(|mut errors| errors.remove(0))?;
        let mut machine = scenario.machine(&overrides)?;
        machine.call(Call::Open, &mut ());
        let data = vec![0x06, 0x00];
        let region = crate::uapi::CONFIG_REGION;
        machine.call(Call::RegionWrite { region, offset: 4, data }, &mut ());
        Ok(machine)
    }
}

/// One thing of a play, in order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Beat {
    /// The guest or the driver does something.
    Action(Action),
    /// What was called, as a line of a scenario, and as the host gets it.
    Call(StepLine, Call),
    /// From here on, the function may fire this vector.
    Start(u16),
}

/// What came of a strategy, a workload and a host.
#[derive(Clone, Debug)]
pub struct Play {
    /// Who.
    pub strategy: &'static str,
    /// What for.
    pub workload: &'static str,
    /// On what.
    pub host: HostProfile,
    /// How large.
    pub setup: Setup,
    /// What happened.
    pub beats: Vec<Beat>,
    /// The user gave the device up: it does not run.
    pub refused: bool,
    /// Queues the driver goes without, because it heard that their vectors can't be had.
    pub without: u32,
    /// The names of the eventfds made, in the order in which they were made.
    pub(super) eventfds: Vec<String>,
    /// A guest is behind it: INTx in place of MSI-X is of no use to it.
    pub(super) guest: bool,
    /// The virtual Mask bits at the end.
    pub(super) masked: Vec<bool>,
}

/// Plays a strategy against a workload on a host.
///
/// # Errors
/// If no function has a table of that size.
pub fn play(
    strategy: &'static Strategy,
    workload: &'static Workload,
    host: &HostProfile,
    setup: Setup,
) -> Result<Play, TextError> {
    let machine = setup.machine(host)?;
    let mut recorder = Recorder::new(machine);
    let mut vmm = Vmm::new(strategy);
    let mut beats = Vec::new();
    let mut gone = Vec::new();
    let mut refused = vmm.begin(&mut recorder) == Reply::Refused;
    recorder.told(&vmm, &mut beats);
    for action in workload.actions(setup.queues) {
        if refused {
            break;
        }
        let of = match &action {
            Action::Request(queue)
            | Action::Unmask(queue)
            | Action::Mask(queue)
            | Action::Start(queue) => Some(*queue),
            Action::Enable { .. } | Action::Disable | Action::HandleIntx => None,
        };
        if of.is_some_and(|queue| gone.contains(&queue)) {
            continue;
        }
        if let Action::Start(queue) = action {
            beats.push(Beat::Start(queue));
            continue;
        }
        let reply = vmm.act(&action, &mut recorder);
        beats.push(Beat::Action(action));
        recorder.told(&vmm, &mut beats);
        match (reply, of) {
            (Reply::Fine, _) => {}
            (Reply::Refused, Some(queue)) => gone.push(queue),
            (Reply::Refused, None) => refused = true,
        }
    }
    Ok(Play {
        strategy: strategy.name,
        workload: workload.name,
        host: host.clone(),
        setup,
        beats,
        refused,
        without: gone.len() as u32,
        eventfds: vmm.names(),
        guest: strategy.guest,
        masked: vmm.view().masked.clone(),
    })
}

impl Play {
    /// The text of it: the requests with their answers, and each queue as a line that begins with
    /// `meanwhile` where it is started. It runs, and can be explored, as it is.
    pub fn scenario(&self) -> Scenario {
        let title = format!("{} on {}, {}", self.strategy, self.host.name, self.workload);
        let mut lines = vec![comment(title)];
        lines.extend(self.setup.lines(&self.host));
        let asks = |beat: &Beat| matches!(beat, Beat::Call(_, Call::IrqInfo { .. }));
        let begun = self.beats.iter().position(|beat| !asks(beat));
        for (at, beat) in self.beats.iter().enumerate() {
            if Some(at) == begun {
                lines.push(Line::default());
            }
            lines.push(match beat {
                Beat::Action(action) => comment(told(action)),
                Beat::Call(step, _) => said(Statement::Step(step.clone())),
                Beat::Start(queue) => {
                    let fire = ast::Action::Stimulate(Stimulus::Fire(*queue));
                    said(Statement::Step(StepLine { meanwhile: true, ..StepLine::of(fire) }))
                }
            });
        }
        if self.refused {
            lines.push(comment("the user gives up: no queue is started".to_string()));
        }
        Scenario::from_lines(lines).expect("a play says what a text can say")
    }

    /// Queues started.
    pub fn started(&self) -> u32 {
        self.beats.iter().filter(|beat| matches!(beat, Beat::Start(_))).count() as u32
    }
}

fn comment(text: String) -> Line {
    Line { statement: None, comment: Some(format!(" {text}")) }
}

fn said(statement: Statement) -> Line {
    Line { statement: Some(statement), comment: None }
}

/// What the guest does, for a comment.
fn told(action: &Action) -> String {
    match action {
        Action::Enable { unmasked, .. } if unmasked.is_empty() => {
            "the driver enables MSI-X, every entry masked".into()
        }
        Action::Enable { unmasked, .. } => {
            let entries: Vec<String> = unmasked.iter().map(ToString::to_string).collect();
            format!("the driver enables MSI-X, unmasked: {}", entries.join(", "))
        }
        Action::Request(vector) => format!("it requests vector {vector} without enabling it"),
        Action::Unmask(entry) => format!("it unmasks entry {entry}"),
        Action::Mask(entry) => format!("it masks entry {entry}"),
        Action::Disable => "it disables MSI-X".into(),
        Action::HandleIntx => "it has handled INTx".into(),
        Action::Start(queue) => format!("it starts queue {queue}"),
    }
}
