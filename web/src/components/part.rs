//! A part of the page that is drawn again only when what it shows is another.

use std::fmt;
use std::rc::Rc;

use yew::prelude::*;

/// What a part shows.
#[derive(Clone, Properties)]
pub struct Props {
    /// What it is made of. Kept by `draw`, so that an address is not used again meanwhile.
    pub of: Of,
    /// Draws it.
    pub draw: Rc<dyn Fn() -> Html>,
}

/// Identities of values, by address or number.
pub type Of = [usize; 3];

/// The address of a shared value.
pub fn address<T: ?Sized>(value: &Rc<T>) -> usize {
    Rc::as_ptr(value).cast::<()>().addr()
}

impl PartialEq for Props {
    fn eq(&self, other: &Self) -> bool {
        self.of == other.of
    }
}

impl fmt::Debug for Props {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Props").field("of", &self.of).finish_non_exhaustive()
    }
}

/// The part.
pub struct Part;

impl Component for Part {
    type Message = ();
    type Properties = Props;

    fn create(_: &Context<Self>) -> Self {
        Self
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        (ctx.props().draw)()
    }
}
