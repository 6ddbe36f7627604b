//! Numbers for random logs and imports.

/// Numbers that are the same in each run.
pub struct Random(pub u64);

impl Random {
    pub fn below(&mut self, bound: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }

    pub fn maybe<T>(&mut self, value: impl FnOnce(&mut Self) -> T) -> Option<T> {
        (self.below(3) > 0).then(|| value(self))
    }

    pub fn pick<'a, T>(&mut self, values: &'a [T]) -> &'a T {
        let number = self.below(values.len() as u64);
        &values[usize::try_from(number).unwrap()]
    }
}
