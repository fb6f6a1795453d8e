//! Traces as text and as diagram.
