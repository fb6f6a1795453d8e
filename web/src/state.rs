//! The playground's state and what changes it. No browser in here.

use std::rc::Rc;

use vfio_irq_core::device::Stimulus;
use vfio_irq_core::event::CauseId;
use vfio_irq_core::scenario::TextError;

use crate::edit;
use crate::run::{self, Run};

/// How far a step goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Grain {
    /// One event: a micro-step.
    Event,
    /// One line of the scenario.
    Line,
}

/// What a reader can do.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Action {
    /// Writes the text; it runs at [`Settle`](Self::Settle).
    Edit(String),
    /// Runs the text if it has not run yet.
    Settle,
    /// One step on.
    Forward(Grain),
    /// One step back.
    Back(Grain),
    /// To a position.
    Seek(usize),
    /// Before everything.
    Begin,
    /// After everything.
    End,
    /// Chooses the vector to fire.
    Vector(u16),
    /// Lets the function raise something here: changes the text.
    Raise(Stimulus),
    /// Another host: changes the text.
    Host(String),
    /// Another function: changes the text.
    Function(String),
    /// Follows a cause through the timeline, or none.
    Follow(Option<CauseId>),
    /// Takes back the last change of the text.
    Undo,
    /// Does it again.
    Redo,
    /// Back to the text the page came with.
    Reset,
}

/// The playground. Components compare states to know whether to render.
#[derive(Clone, PartialEq, Debug)]
pub struct State {
    /// The text as the reader sees it.
    pub text: Rc<str>,
    /// What is wrong with it; empty: it ran.
    pub errors: Rc<[TextError]>,
    /// The last run that was possible.
    pub run: Option<Rc<Run>>,
    /// How many events of the run have happened.
    pub position: usize,
    /// The vector that `fire` fires.
    pub vector: u16,
    /// The cause followed.
    pub followed: Option<CauseId>,
    original: Rc<str>,
    tried: Rc<str>,
    past: Vec<Rc<str>>,
    future: Vec<Rc<str>>,
}

/// Most texts kept to go back to.
const MAX_PAST: usize = 100;

impl State {
    /// The state after running a text: at a position, else where the first interrupt is lost, else
    /// at the end.
    pub fn new(text: &str, position: Option<usize>) -> Self {
        let text: Rc<str> = text.into();
        let mut state = Self {
            text: text.clone(),
            errors: Rc::new([]),
            run: None,
            position: 0,
            vector: 0,
            followed: None,
            original: text.clone(),
            tried: text,
            past: Vec::new(),
            future: Vec::new(),
        };
        state.execute();
        let lost = state.run.as_ref().and_then(|run| run.first_loss());
        state.position = position.or(lost).unwrap_or(usize::MAX).min(state.len());
        state
    }

    /// Number of events of the run.
    pub fn len(&self) -> usize {
        self.run.as_ref().map_or(0, |run| run.len())
    }

    /// Whether nothing happened.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The run shown is not that of the text.
    pub fn stale(&self) -> bool {
        !self.errors.is_empty()
    }

    /// The text was tried as it is.
    pub fn settled(&self) -> bool {
        self.tried == self.text
    }

    /// There is a change to take back.
    pub fn can_undo(&self) -> bool {
        !self.past.is_empty()
    }

    /// There is a change to do again.
    pub fn can_redo(&self) -> bool {
        !self.future.is_empty()
    }

    /// The text differs from the one the page came with.
    pub fn changed(&self) -> bool {
        self.text != self.original
    }

    /// The state after an action.
    pub fn reduce(&self, action: Action) -> Self {
        let mut next = self.clone();
        match action {
            Action::Edit(text) => next.text = text.into(),
            Action::Settle => next.settle(),
            Action::Forward(Grain::Event) => next.seek(self.position + 1),
            Action::Back(Grain::Event) => next.seek(self.position.saturating_sub(1)),
            Action::Forward(Grain::Line) => {
                next.seek(self.run.as_ref().map_or(0, |run| run.index.line_after(self.position)));
            }
            Action::Back(Grain::Line) => {
                next.seek(self.run.as_ref().map_or(0, |run| run.index.line_before(self.position)));
            }
            Action::Seek(position) => next.seek(position),
            Action::Begin => next.seek(0),
            Action::End => next.seek(usize::MAX),
            Action::Vector(vector) => next.vector = vector,
            Action::Raise(stimulus) => next.raise(stimulus),
            Action::Host(profile) => next.replace(&edit::set_host(&self.text, &profile)),
            Action::Function(profile) => next.replace(&edit::set_function(&self.text, &profile)),
            Action::Follow(cause) => next.followed = cause,
            Action::Undo => next.undo(),
            Action::Redo => next.redo(),
            Action::Reset => next.replace(&self.original),
        }
        next
    }

    fn seek(&mut self, position: usize) {
        self.position = position.min(self.len());
    }

    /// Changes the text and runs it.
    fn replace(&mut self, text: &str) {
        self.settle();
        self.text = text.into();
        self.settle();
    }

    /// Runs a text not tried yet; what was tried before can be had back.
    fn settle(&mut self) {
        if self.settled() {
            return;
        }
        let before = std::mem::replace(&mut self.tried, self.text.clone());
        if self.past.len() == MAX_PAST {
            self.past.remove(0);
        }
        self.past.push(before);
        self.future.clear();
        self.execute();
    }

    fn undo(&mut self) {
        self.settle();
        if let Some(text) = self.past.pop() {
            self.future.push(std::mem::replace(&mut self.tried, text.clone()));
            self.text = text;
            self.execute();
        }
    }

    fn redo(&mut self) {
        if let (true, Some(text)) = (self.settled(), self.future.pop()) {
            self.past.push(std::mem::replace(&mut self.tried, text.clone()));
            self.text = text;
            self.execute();
        }
    }

    /// Runs the text. Who stood at the end stays there.
    fn execute(&mut self) {
        match Run::new(&self.text) {
            Ok(run) => {
                let at_end = self.position == self.len();
                self.position = if at_end { run.len() } else { self.position.min(run.len()) };
                let known = |cause: &CauseId| run.index.story(*cause).is_some();
                self.followed = self.followed.filter(known);
                self.run = Some(Rc::new(run));
                self.errors = Rc::new([]);
            }
            Err(errors) => self.errors = errors.into(),
        }
    }

    /// Writes a stimulus into the text, at the place in it that the position is at.
    fn raise(&mut self, stimulus: Stimulus) {
        self.settle();
        let Some(old) = self.run.clone().filter(|_| !self.stale()) else { return };
        let position = self.position;
        let spot = old.spot(position);
        self.replace(&edit::raise(&self.text, &spot, stimulus));
        if let Some(new) = self.run.clone().filter(|_| !self.stale()) {
            self.position = run::position_after(&old, &new, &spot, position);
        }
    }
}

// Natively only: proptest is not built for wasm32.
#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests;
