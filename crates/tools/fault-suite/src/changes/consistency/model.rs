//! A model as a register: the outcome of each operation in a sequence.

use stateright::semantics::SequentialSpec;

/// Whether the model exists.
#[derive(Clone, Debug, PartialEq)]
pub struct Model(pub bool);

#[derive(Clone, Debug, PartialEq)]
pub enum Operation {
    Add,
    Delete,
    Read,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    Added,
    Deleted(bool),
    Seen(bool),
}

impl SequentialSpec for Model {
    type Op = Operation;
    type Ret = Outcome;

    fn invoke(&mut self, operation: &Operation) -> Outcome {
        match operation {
            Operation::Add => {
                self.0 = true;
                Outcome::Added
            }
            Operation::Delete => Outcome::Deleted(std::mem::replace(&mut self.0, false)),
            Operation::Read => Outcome::Seen(self.0),
        }
    }
}
