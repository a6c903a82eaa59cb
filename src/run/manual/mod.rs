//! The pages of the manual, and their forms: for a terminal, and for `man`.

mod blocks;
mod command_page;
mod fields;
mod file_formats;
mod fill;
mod roff;
mod row_list;
mod terminal;
mod topics;

pub(super) use command_page::command_page;
pub(super) use file_formats::{FILE_FORMATS, FileFormat};
pub(super) use roff::described_page;
pub(super) use terminal::TerminalPage;
pub(super) use topics::{TOPICS, Topic};
