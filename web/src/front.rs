//! The front page's block: what a first-time visitor is told, and where an interrupt is lost.

use vfio_irq_core::device::Stimulus;
use vfio_irq_core::event::{CauseId, Event};

use crate::index::Fate;
use crate::run::Run;
use crate::state::{Action, State};

/// The state after the reader's vector is fired at the position, that interrupt followed.
pub fn fire(state: &State) -> State {
    let fired = state.reduce(Action::Raise(Stimulus::Fire(state.vector)));
    // It is the last one born: the position is right behind what it brought about.
    let born = fired.run.as_ref().and_then(|run| run.index.causes(fired.position).last());
    let born = born.map(|story| story.id);
    fired.reduce(Action::Follow(born))
}

/// The state in which an interrupt fired now will be lost: the text as it came, right after
/// MSI-X is turned off.
pub fn window(state: &State) -> Option<State> {
    let fresh = state.reduce(Action::Reset);
    let run = fresh.run.as_deref()?;
    let off = (0..run.len()).find(|row| match run.index.event(run.trace(), *row) {
        Some((_, Event::Step(step))) => step.to_string() == "clear MSI-X Enable",
        _ => false,
    })?;
    Some(fresh.reduce(Action::Seek(off + 1)))
}

/// The position where a followed interrupt has come to its end.
pub fn end(state: &State) -> Option<usize> {
    state.way.as_ref().map(|way| way.end() + 1)
}

/// One sentence on what one sees, for who sees it for the first time.
pub fn sentence(state: &State) -> String {
    let Some(run) = state.run.as_deref().filter(|_| !state.stale()) else {
        return "The text has an error.".into();
    };
    if let Some(cause) = state.followed {
        return told(run, cause, state.position);
    }
    let Some((_, Event::Lost { cause, .. })) = run.current(state.position) else {
        return "A driver uses one interrupt vector of its device, and needs a second.".into();
    };
    format!("Interrupt {cause} is lost, and no call returned an error. Try it yourself:")
}

fn told(run: &Run, cause: CauseId, position: usize) -> String {
    let Some(story) = run.index.story(cause) else { return String::new() };
    match run.index.fate(run.trace(), story, position) {
        Fate::Signalled { .. } => {
            format!(
                "Yours is {cause}, and it arrived: an eventfd rose. Fire one while MSI-X is off."
            )
        }
        Fate::Lost(why) => {
            format!("Yours was {cause}, and it is lost: {why}. No call returned an error.")
        }
        Fate::Merged { into } => match run.index.story(into).filter(|_| into != cause) {
            Some(other)
                if matches!(run.index.fate(run.trace(), other, position), Fate::Lost(_)) =>
            {
                format!("Yours was {cause}; it joined {into}, and is lost with it.")
            }
            _ => format!("Yours is {cause}; it joins {into}, which waits already."),
        },
        Fate::Waiting(place) => format!("Yours is {cause}. It waits ({place}): nobody listens."),
        Fate::Moving => format!("Yours is {cause}, on its way."),
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;
    use vfio_irq_core::event::Loss;

    const STORY: &str = "function e1000e\nhost linux-6.1\n\
        set_irqs msix trigger eventfd 0 [a] -> 0\nfire 0 -> a=1\n\
        set_irqs msix trigger none 0+0 -> 0\nset_irqs msix trigger eventfd 0 [a, b] -> 0\n";

    fn at_end(state: &State) -> (Option<Fate>, String) {
        let end = state.reduce(Action::Seek(end(state).expect("one is followed")));
        let run = end.run.as_deref().expect("a run");
        let story = end.followed.and_then(|cause| run.index.story(cause));
        (story.map(|story| run.index.fate(run.trace(), story, end.position)), sentence(&end))
    }

    #[test]
    fn interrupt_fired_in_the_window_is_lost_and_said_to_be() {
        let begin = State::new(STORY, Some(0));
        let window = window(&begin).expect("the story has one");
        let (fate, said) = at_end(&fire(&window));
        assert_eq!(fate, Some(Fate::Lost(Loss::DivertedUnhandled)));
        assert!(said.contains("is lost"), "{said}");
        // Again, from there: the same.
        let again = super::window(&fire(&window)).expect("the story has one still");
        assert_eq!(again.text.as_ref(), STORY);
    }

    #[test]
    fn interrupt_fired_while_msix_is_on_arrives_and_is_said_to() {
        let end = State::new(STORY, Some(usize::MAX));
        let (fate, said) = at_end(&fire(&end));
        assert!(matches!(fate, Some(Fate::Signalled { .. })));
        assert!(said.contains("arrived"), "{said}");
    }

    #[test]
    fn interrupt_fired_at_any_moment_is_followed() {
        let begin = State::new(STORY, Some(0));
        for position in 0..=begin.len() {
            let fired = fire(&begin.reduce(Action::Seek(position)));
            let before = begin.run.as_ref().map(|run| run.index.causes(position).len());
            assert!(fired.followed.is_some(), "at {position}");
            assert_ne!(fired.run.as_ref().map(|run| run.index.causes(run.len()).len()), before);
        }
    }
}
