//! Certificate policies (RFC 5280 §6.1) on a graph instead of a tree (RFC 9618): every level has one
//! node per policy, so that mappings cannot make it grow exponentially.

use std::collections::{BTreeMap, BTreeSet};

use super::PathFlaw;
use crate::{cert::Certificate, oid};

/// What the user of a path asks of its policies (RFC 5280 §6.1.1 (c), (e), (f), (g)).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PolicyInputs<'a> {
    /// user-initial-policy-set, contents octets; empty means any policy.
    pub acceptable: &'a [&'a [u8]],
    /// initial-explicit-policy.
    pub require_explicit: bool,
    /// initial-policy-mapping-inhibit.
    pub inhibit_mapping: bool,
    /// initial-any-policy-inhibit.
    pub inhibit_any: bool,
}

type Policy = Vec<u8>;

/// One level of the graph: each valid policy with the policies of the level above that lead to it.
/// `expected` says which policies of the level below follow from it (§6.1.2 (a)).
#[derive(Clone, Default)]
struct Level {
    parents: BTreeMap<Policy, BTreeSet<Policy>>,
    expected: BTreeMap<Policy, BTreeSet<Policy>>,
}

/// valid_policy_graph and the counters of §6.1.2.
pub(super) struct PolicyGraph<'a> {
    inputs: PolicyInputs<'a>,
    levels: Vec<Level>,
    explicit_policy: u64,
    inhibit_any: u64,
    policy_mapping: u64,
    /// How many certificates are still to come, this one included.
    left: usize,
}

impl<'a> PolicyGraph<'a> {
    /// `length`: certificates in the path, the anchor not counted.
    pub(super) fn new(inputs: PolicyInputs<'a>, length: usize) -> Self {
        let start = |zero: bool| if zero { 0 } else { length as u64 + 1 };
        let mut root = Level::default();
        root.parents.insert(any(), BTreeSet::new());
        root.expected.insert(any(), BTreeSet::from([any()]));
        Self {
            inputs,
            levels: vec![root],
            explicit_policy: start(inputs.require_explicit),
            inhibit_any: start(inputs.inhibit_any),
            policy_mapping: start(inputs.inhibit_mapping),
            left: length,
        }
    }

    /// §6.1.3 (d), (e): takes a certificate's policies.
    pub(super) fn enter(&mut self, certificate: &Certificate) {
        let last = self.left <= 1;
        self.left = self.left.saturating_sub(1);
        let above = self.levels.last().cloned().unwrap_or_default();
        let mut level = Level::default();
        for policy in policies(certificate).filter(|policy| **policy != any()) {
            let leading = |(_, expected): &(&Policy, &BTreeSet<Policy>)| expected.contains(policy);
            let mut parents: BTreeSet<Policy> =
                above.expected.iter().filter(leading).map(|(parent, _)| parent.clone()).collect();
            if parents.is_empty() && above.parents.contains_key(&any()) {
                parents.insert(any()); // (d)(1)(ii)
            }
            if !parents.is_empty() {
                level.insert(policy.clone(), parents);
            }
        }
        let any_counts = self.inhibit_any > 0 || (!last && certificate.is_self_issued());
        if any_counts && policies(certificate).any(|policy| *policy == any()) {
            level.widen(&above, certificate);
        }
        self.levels.push(level);
    }

    /// §6.1.4 (a), (b), (h)–(j): prepares for the next certificate.
    pub(super) fn leave(&mut self, issuer: &Certificate) -> Result<(), PathFlaw> {
        let extensions = issuer.extensions();
        let mappings = &extensions.policy_mappings;
        if mappings.iter().any(|(from, to)| *from == any() || *to == any()) {
            return Err(PathFlaw::Policy); // (a)
        }
        self.map(mappings);
        if !issuer.is_self_issued() {
            self.explicit_policy = self.explicit_policy.saturating_sub(1);
            self.policy_mapping = self.policy_mapping.saturating_sub(1);
            self.inhibit_any = self.inhibit_any.saturating_sub(1);
        }
        if let Some(constraints) = extensions.policy_constraints {
            lower(&mut self.explicit_policy, constraints.require_explicit);
            lower(&mut self.policy_mapping, constraints.inhibit_mapping);
        }
        lower(&mut self.inhibit_any, extensions.inhibit_any_policy);
        if self.explicit_policy == 0 && self.is_empty() {
            return Err(PathFlaw::Policy); // §6.1.3 (f)
        }
        Ok(())
    }

    /// §6.1.5 (a), (b), (g).
    pub(super) fn wrap_up(&mut self, leaf: &Certificate) -> Result<(), PathFlaw> {
        let required =
            leaf.extensions().policy_constraints.and_then(|found| found.require_explicit);
        self.explicit_policy = self.explicit_policy.saturating_sub(1);
        if required == Some(0) {
            self.explicit_policy = 0;
        }
        if self.explicit_policy > 0 || self.has_acceptable() {
            Ok(())
        } else {
            Err(PathFlaw::Policy)
        }
    }

    /// (b): a mapped policy expects what it was mapped to, or dies where mapping is inhibited.
    fn map(&mut self, mappings: &[(Policy, Policy)]) {
        let Some(level) = self.levels.last_mut() else { return };
        let mut mapped: BTreeMap<&Policy, BTreeSet<Policy>> = BTreeMap::new();
        for (from, to) in mappings {
            mapped.entry(from).or_default().insert(to.clone());
        }
        for (from, to) in mapped {
            if self.policy_mapping == 0 {
                level.parents.remove(from);
                level.expected.remove(from);
            } else if level.parents.contains_key(from) {
                level.expected.insert(from.clone(), to);
            } else if level.parents.contains_key(&any()) {
                level.insert(from.clone(), BTreeSet::from([any()]));
                level.expected.insert(from.clone(), to);
            }
        }
    }

    fn is_empty(&self) -> bool {
        self.levels.last().is_none_or(|level| level.parents.is_empty())
    }

    /// (g): whether a policy that the user accepts leads down to the leaf. The policy as the user
    /// names it is the one that first follows from anyPolicy (authority-constrained set).
    fn has_acceptable(&self) -> bool {
        if self.is_empty() {
            return false;
        }
        if self.inputs.acceptable.is_empty() {
            return true;
        }
        let accepts = |policy: &Policy| self.inputs.acceptable.contains(&policy.as_slice());
        let mut reached: BTreeSet<Policy> = self
            .levels
            .last()
            .map(|level| level.parents.keys().cloned().collect())
            .unwrap_or_default();
        if reached.contains(&any()) {
            return true; // anyPolicy down to the leaf stands for every policy (g)(iii)(3)
        }
        for level in self.levels.iter().rev() {
            let mut above = BTreeSet::new();
            for policy in &reached {
                let Some(parents) = level.parents.get(policy) else { continue };
                if parents.contains(&any()) && accepts(policy) {
                    return true;
                }
                above.extend(parents.iter().filter(|parent| **parent != any()).cloned());
            }
            reached = above;
        }
        false
    }
}

impl Level {
    /// §6.1.3 (d)(2): anyPolicy in a certificate stands for whatever the level above expects and the
    /// certificate does not name itself.
    fn widen(&mut self, above: &Self, certificate: &Certificate) {
        for (parent, expected) in &above.expected {
            for policy in expected {
                let named = *policy != any() && policies(certificate).any(|id| id == policy);
                if named {
                    continue;
                }
                if !self.parents.contains_key(policy) {
                    self.insert(policy.clone(), BTreeSet::new());
                }
                self.parents.entry(policy.clone()).or_default().insert(parent.clone());
            }
        }
    }

    fn insert(&mut self, policy: Policy, parents: BTreeSet<Policy>) {
        self.expected.insert(policy.clone(), BTreeSet::from([policy.clone()]));
        self.parents.insert(policy, parents);
    }
}

fn policies(certificate: &Certificate) -> impl Iterator<Item = &Policy> {
    certificate.extensions().policies.iter().flatten()
}

fn any() -> Policy {
    oid::ANY_POLICY.as_bytes().to_vec()
}

fn lower(counter: &mut u64, to: Option<u64>) {
    *counter = to.map_or(*counter, |to| to.min(*counter));
}
