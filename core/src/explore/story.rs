//! A run found, told as a scenario.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::plan::{Act, Plan};
use super::walk::{self, Choice, Place, Uses};
use crate::device::{Answer, Moment, Stimulus};
use crate::errno::Errno;
use crate::event::Event;
use crate::machine::Machine;
use crate::scenario::ast::{
    Action, At, Data, Expect, FdRef, FdRefs, Injection, Line, Names, SetIrqs, Statement, StepLine,
    Tally,
};
use crate::scenario::{MAX_EXPECTED, Reply, Scenario, answers, is_answer};

/// Every digit counts.
const ALL: u64 = u64::MAX;

struct Story<'a> {
    plan: &'a Plan,
    machine: Machine,
    place: Place,
    lines: Vec<Line>,
    /// The steps of the call under way, by name: how many there were.
    seen: BTreeMap<String, u32>,
    /// The last of them.
    last: Option<Moment>,
    moments: Vec<At<Injection>>,
}

/// The run that these choices make, to the end of the call they end in; with what came of it as
/// what is expected, so that a real kernel can be asked.
pub(super) fn tell(scenario: &Scenario, plan: &Plan, way: &[Choice], why: &str) -> Scenario {
    let mut story = Story {
        plan,
        machine: plan.machine.clone(),
        place: Place::start(plan),
        lines: Vec::new(),
        seen: BTreeMap::new(),
        last: None,
        moments: Vec::new(),
    };
    story.lines.push(Line { statement: None, comment: Some(format!(" {why}")) });
    let set_up = scenario.lines().iter().filter(|line| {
        matches!(
            line.statement,
            Some(Statement::Function(_) | Statement::ConfigRow(_) | Statement::Host(_))
        )
    });
    let set_up = set_up.map(|line| Line { statement: line.statement.clone(), comment: None });
    story.lines.extend(set_up);
    story.names();
    for choice in way {
        story.step(*choice);
    }
    while story.place.is_calling() {
        story.step(Choice::First);
    }
    story.end();
    let lines = story.lines;
    Scenario::from_lines(lines.clone()).unwrap_or(Scenario { lines })
}

impl Story<'_> {
    fn say(&mut self, step: StepLine) {
        self.lines.push(Line { statement: Some(Statement::Step(step)), comment: None });
    }

    /// The lines that make descriptors, which are no moves; and where two threads make theirs in an
    /// order that depends on the run, a line that makes them all.
    fn names(&mut self) {
        let mut own: Vec<String> = Vec::new();
        for step in self.plan.lines.iter().flatten() {
            if let Action::Eventfd(all) | Action::Plainfd(all) = &step.action.what {
                own.extend(all.iter().flat_map(Names::each));
                self.say(StepLine::of(step.action.what.clone()));
            }
        }
        if self.plan.second.is_empty() {
            return;
        }
        let listed = self.plan.names.iter().filter(|(name, _)| !own.contains(name));
        let names: Vec<Names> = listed.map(|(name, _)| Names::One(name.clone())).collect();
        if !names.is_empty() {
            self.say(StepLine::of(Action::Eventfd(names)));
        }
    }

    fn step(&mut self, choice: Choice) {
        let mut events: Vec<Event> = Vec::new();
        let before = self.place;
        let thread = before.thread(choice);
        let step = thread.and_then(|caller| before.at(caller, self.plan));
        let (plan, machine) = (self.plan, &mut self.machine);
        let made = walk::make(machine, plan, &before, choice, 0, Uses::Each, &mut events);
        self.place = made.place;
        for event in &events {
            if let Event::Step(step) = event
                && thread.is_some()
            {
                let name = step.to_string();
                let nth = self.seen.entry(name.clone()).or_insert(0);
                *nth += 1;
                self.last = Some(Moment { step: name, nth: *nth });
            }
        }
        if let Choice::Arrival(at) = choice {
            let stimulus = plan.arrivals[usize::from(at)].stimulus;
            return self.arrive(stimulus, before.is_calling());
        }
        let (Some(step), Some(reply)) = (step, made.reply) else { return };
        let Some(line) = &plan.lines[step.line] else { return };
        let said = match &step.act {
            Act::Look { name, .. } => {
                let mut said = StepLine::of(Action::ReadFd(FdRef::Name(name.clone())));
                said.expect.extend(answer(&reply, &said.action.what));
                said
            }
            Act::Count => {
                let mut said = StepLine::of(Action::Ledger);
                let summary = self.machine.ledger.summary();
                said.expect = plan
                    .counted(step.line)
                    .map(|(tally, _)| At::from(counted(&summary, tally)))
                    .collect();
                said
            }
            Act::Nothing => StepLine::of(line.action.what.clone()),
            _ => {
                let mut said = StepLine::of(line.action.what.clone());
                let asked = line.expect.iter().filter(|expect| is_answer(&expect.what));
                let held: Vec<At<Expect>> =
                    asked.filter(|expect| answers(&expect.what, &reply)).cloned().collect();
                said.expect = held;
                if said.expect.is_empty() {
                    said.expect.extend(answer(&reply, &said.action.what));
                }
                said
            }
        };
        let moments = core::mem::take(&mut self.moments);
        self.say(StepLine { moments, ..said });
        self.seen.clear();
        self.last = None;
    }

    fn arrive(&mut self, stimulus: Stimulus, inside: bool) {
        match &self.last {
            Some(moment) if inside => {
                let moment = moment.clone();
                let last = self.moments.last_mut().map(|last| &mut last.what);
                match last {
                    Some(last) if last.moment == moment && last.stimulus == stimulus => {
                        last.times += 1;
                    }
                    _ => {
                        self.moments.push(At::from(Injection { moment, stimulus, times: 1 }));
                    }
                }
            }
            _ => self.say(StepLine::of(Action::Stimulate(stimulus))),
        }
    }

    /// What is there at the end: every eventfd's counter, and the ledger.
    fn end(&mut self) {
        let mut expect: Vec<At<Expect>> = Vec::new();
        // Those no line has made yet can't be read.
        let made = self.made();
        let summary = self.machine.ledger.summary();
        for (name, fd) in self.plan.names.iter().filter(|(name, _)| made.contains(name)) {
            if self.machine.fds.lookup(*fd).is_ok()
                && let Some(counter) = self.machine.fds.counter(*fd)
                && expect.len() + Tally::ALL.len() < MAX_EXPECTED
            {
                expect.push(At::from(Expect::Counter(Names::One(name.clone()), counter)));
            }
        }
        let all = [Tally::Causes, Tally::Signalled, Tally::Merged, Tally::Waiting, Tally::Lost];
        expect.extend(all.map(|tally| At::from(counted(&summary, tally))));
        self.say(StepLine { expect, ..StepLine::of(Action::Ledger) });
    }

    /// The names the lines so far make.
    fn made(&self) -> Vec<String> {
        let mut all = Vec::new();
        for line in &self.lines {
            let Some(Statement::Step(step)) = &line.statement else { continue };
            match &step.action.what {
                Action::Eventfd(names) | Action::Plainfd(names) => {
                    all.extend(names.iter().flat_map(Names::each));
                }
                Action::SetIrqs(SetIrqs { data: Data::Eventfd(Some(items)), .. }) => {
                    all.extend(items.iter().flat_map(|item| match &item.what {
                        FdRefs::Names(names) => names.each().collect::<Vec<_>>(),
                        FdRefs::Number(_) | FdRefs::Closed => Vec::new(),
                    }));
                }
                _ => {}
            }
        }
        all
    }
}

fn counted(summary: &crate::ledger::Summary, tally: Tally) -> Expect {
    Expect::Tally(tally, crate::scenario::count(summary, tally))
}

/// A reply as what is expected of the step.
fn answer(reply: &Reply, action: &Action) -> Option<At<Expect>> {
    let expect = match reply {
        Reply::Answer(Answer::Done) => Expect::Value { value: 0, care: ALL },
        Reply::Answer(Answer::Only(count)) => Expect::Only(*count),
        Reply::Counter(counter) => Expect::Value { value: *counter, care: ALL },
        Reply::Refused(Errno::EAGAIN) if matches!(action, Action::ReadFd(_)) => {
            Expect::Errno(Errno::EAGAIN)
        }
        Reply::Refused(errno) => Expect::Errno(*errno),
        Reply::Data(bytes) => Expect::Data(bytes.clone()),
        Reply::Info(_) | Reply::Nothing => return None,
    };
    Some(At::from(expect))
}
