//! The playground's state and what changes it. No browser in here.

use std::rc::Rc;

use vfio_irq_core::device::Stimulus;
use vfio_irq_core::event::CauseId;
use vfio_irq_core::scenario::TextError;

use crate::edit::{self, Spot};
use crate::run::{self, Run};
use crate::view::way::Way;

pub use crate::time::{Grain, Landmark, Speed};

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
    /// As far as one beat of a play goes.
    Beat,
    /// To the next event of a kind, or the one before; stays if there is none.
    Jump(Landmark, bool),
    /// What arrows and play step by.
    Grain(Grain),
    /// How fast it plays.
    Speed(Speed),
    /// Chooses the vector to fire.
    Vector(u16),
    /// Lets the function raise something here: changes the text.
    Raise(Stimulus),
    /// Another host: changes the text.
    Host(String),
    /// Another function: changes the text.
    Function(String),
    /// Puts lines into the text where the position is; inside a call, after its line.
    Insert(String),
    /// Another text altogether; undo has the one before.
    Replace(String),
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
    /// Its way through the lanes.
    pub way: Option<Rc<Way>>,
    /// What arrows and play step by.
    pub grain: Grain,
    /// How fast it plays.
    pub speed: Speed,
    original: Rc<str>,
    tried: Rc<str>,
    past: Vec<Past>,
    future: Vec<Past>,
    /// The line being typed: as long as it is, one undo takes it back.
    typing: Option<usize>,
}

/// A text to go back to, and where the reader stood in its run.
type Past = (Rc<str>, usize);

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
            way: None,
            grain: Grain::default(),
            speed: Speed::default(),
            original: text.clone(),
            tried: text,
            past: Vec::new(),
            future: Vec::new(),
            typing: None,
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
        if !matches!(action, Action::Edit(_) | Action::Settle) {
            next.typing = None;
        }
        match action {
            Action::Edit(text) => next.text = text.into(),
            Action::Settle => next.settle(),
            Action::Forward(grain) => next.seek(self.after(grain)),
            Action::Back(grain) => next.seek(self.before(grain)),
            Action::Seek(position) => next.seek(position),
            Action::Begin => next.seek(0),
            Action::End => next.seek(usize::MAX),
            Action::Beat => {
                let stride = self.speed.stride(self.len());
                next.seek(self.after(self.grain).max(self.position.saturating_add(stride)));
            }
            Action::Jump(landmark, back) => {
                let run = self.run.as_deref();
                let found = run.and_then(|run| run.index.landmark(landmark, self.position, back));
                next.seek(found.unwrap_or(self.position));
            }
            Action::Grain(grain) => next.grain = grain,
            Action::Speed(speed) => next.speed = speed,
            Action::Vector(vector) => next.vector = vector,
            Action::Raise(stimulus) => next.raise(stimulus),
            Action::Host(profile) => next.replace(&edit::set_host(&self.text, &profile)),
            Action::Function(profile) => next.replace(&edit::set_function(&self.text, &profile)),
            Action::Insert(lines) => next.insert(&lines),
            Action::Replace(text) => next.replace(&text),
            Action::Follow(cause) => next.follow(cause),
            Action::Undo => next.undo(),
            Action::Redo => next.redo(),
            Action::Reset => next.replace(&self.original),
        }
        next
    }

    /// Another text, without a way back to this one: for who follows a state that has it.
    pub fn with_text(&self, text: &str) -> Self {
        let mut next = self.clone();
        next.replace(text);
        next.past.clear();
        next
    }

    /// The position a step on.
    fn after(&self, grain: Grain) -> usize {
        let index = self.run.as_deref().map(|run| &run.index);
        match grain {
            Grain::Event => self.position + 1,
            Grain::Request => index.map_or(0, |index| index.request_after(self.position)),
            Grain::Line => index.map_or(0, |index| index.line_after(self.position)),
        }
    }

    /// The position a step back.
    fn before(&self, grain: Grain) -> usize {
        let index = self.run.as_deref().map(|run| &run.index);
        match grain {
            Grain::Event => self.position.saturating_sub(1),
            Grain::Request => index.map_or(0, |index| index.request_before(self.position)),
            Grain::Line => index.map_or(0, |index| index.line_before(self.position)),
        }
    }

    fn follow(&mut self, cause: Option<CauseId>) {
        let story = |run: &Rc<Run>| Some(Rc::new(Way::new(run, run.index.story(cause?)?)));
        self.way = self.run.as_ref().and_then(story);
        self.followed = cause.filter(|_| self.way.is_some());
    }

    fn seek(&mut self, position: usize) {
        self.position = position.min(self.len());
    }

    /// Changes the text and runs it.
    fn replace(&mut self, text: &str) {
        self.settle();
        self.text = text.into();
        self.typing = None;
        self.settle();
        self.typing = None;
    }

    /// Runs a text not tried yet; what was tried before can be had back.
    fn settle(&mut self) {
        if self.settled() {
            return;
        }
        let line = edit::changed_line(&self.tried, &self.text);
        let goes_on = line.is_some() && self.typing == line && !self.past.is_empty();
        self.typing = line;
        let before = std::mem::replace(&mut self.tried, self.text.clone());
        if !goes_on {
            if self.past.len() == MAX_PAST {
                self.past.remove(0);
            }
            self.past.push((before, self.position));
        }
        self.future.clear();
        self.execute();
    }

    fn undo(&mut self) {
        self.settle();
        if let Some(past) = self.past.pop() {
            let left = self.go_back_to(past);
            self.future.push(left);
        }
    }

    fn redo(&mut self) {
        if let (true, Some(past)) = (self.settled(), self.future.pop()) {
            let left = self.go_back_to(past);
            self.past.push(left);
        }
    }

    /// Takes a text and its place; what was here is the way back.
    fn go_back_to(&mut self, (text, position): Past) -> Past {
        let left = (std::mem::replace(&mut self.tried, text.clone()), self.position);
        self.text = text;
        self.execute();
        self.seek(position);
        left
    }

    /// Runs the text. Who stood at the end stays there.
    fn execute(&mut self) {
        match Run::new(&self.text) {
            Ok(run) => {
                let at_end = self.position == self.len();
                self.position = if at_end { run.len() } else { self.position.min(run.len()) };
                self.run = Some(Rc::new(run));
                self.follow(self.followed);
                self.errors = Rc::new([]);
            }
            Err(errors) => self.errors = errors.into(),
        }
    }

    /// Puts lines where the position is, and moves behind what they bring about.
    fn insert(&mut self, lines: &str) {
        self.settle();
        let Some(old) = self.run.clone().filter(|_| !self.stale()) else { return };
        let position = self.position;
        let (Spot::After(line) | Spot::Inside(line, _)) = old.spot(position);
        let count = |text: &str| u32::try_from(text.lines().count()).unwrap_or(u32::MAX);
        let line = line.min(count(&self.text));
        self.replace(&edit::insert(&self.text, line, lines));
        if let Some(new) = self.run.clone().filter(|_| !self.stale()) {
            self.position = new.end_of_line(line + count(lines)).unwrap_or(position);
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

#[cfg(all(test, not(target_arch = "wasm32")))]
mod time_tests;
