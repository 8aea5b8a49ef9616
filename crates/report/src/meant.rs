//! Which runs a name means, as claims, tables, figures and parents write it.

use super::configurations::configuration;
use super::{Group, RunSpec, Selection};
use crate::catalog::PointName;

impl Group {
    /// Whether `name`, as a claim or a table writes it, means these runs.
    pub fn is_meant(&self, name: &str, entries: &[RunSpec]) -> bool {
        let Some(point) = PointName::parse(name) else {
            return name == self.name;
        };
        let entry = entries.get(self.entry).map(RunSpec::name);
        let is_ours = point.base == self.experiment() || Some(point.base) == entry;
        name == self.name || is_ours && configuration(self.first()).is_at(&point)
    }
}

impl Selection {
    /// The groups that `name` means.
    pub fn meant(&self, name: &str) -> Vec<usize> {
        let exact = self.groups.iter().position(|group| group.name == name);
        if let Some(exact) = exact {
            return vec![exact];
        }
        (0..self.groups.len())
            .filter(|&index| self.groups[index].is_meant(name, &self.entries))
            .collect()
    }

    /// The group that a group is compared with: the one that its parent's name matches or, if that matches several, the one
    /// among these with the same values under all keys that the name leaves out. So `norms norm=instance` is, for every
    /// scale, the run of that scale. `Ok(None)` for a group without a parent, and for one that is its own.
    ///
    /// # Errors
    ///
    /// The reason why there is none, in words.
    pub fn parent(&self, group: usize) -> Result<Option<usize>, String> {
        let Some(name) = self.groups[group].parent.as_deref() else {
            return Ok(None);
        };
        let mut meant = self.meant(name);
        if meant.contains(&group) {
            return Ok(None);
        }
        if let (true, Some(point)) = (meant.len() > 1, PointName::parse(name)) {
            let own = configuration(self.groups[group].first());
            let is_beside =
                |&it: &usize| configuration(self.groups[it].first()).is_beside(&own, &point);
            let beside: Vec<usize> = meant.iter().copied().filter(is_beside).collect();
            if !beside.is_empty() {
                meant = beside;
            }
        }
        match meant[..] {
            [parent] => Ok(Some(parent)),
            [] => Err(format!("its parent `{name}` has no finished run here")),
            ref several => {
                let names = several
                    .iter()
                    .map(|&it| format!("`{}`", self.groups[it].name));
                Err(format!(
                    "its parent `{name}` matches several configurations: {}",
                    names.collect::<Vec<_>>().join(", ")
                ))
            }
        }
    }

    /// The groups that any of `names` matches; all groups if there are no names.
    pub fn listed(&self, names: &[String]) -> Vec<usize> {
        if names.is_empty() {
            return (0..self.groups.len()).collect();
        }
        let mut listed = Vec::new();
        for name in names {
            for index in self.meant(name) {
                if !listed.contains(&index) {
                    listed.push(index);
                }
            }
        }
        listed
    }
}
