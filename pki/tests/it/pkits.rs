//! NIST PKITS (2011): every end certificate is judged with the whole suite as its pool. A name that
//! begins with `Valid` must be valid, all others not, with the exceptions below, each with a reason.
//!
//! Sections claimed: 4.1 signatures, 4.2 validity, 4.3 name chaining, 4.4 basic revocation, 4.5
//! self-issued certificates, 4.6 basicConstraints, 4.7 keyUsage, 4.8 policies, 4.9
//! requireExplicitPolicy, 4.10 mappings, 4.11 inhibitPolicyMapping, 4.12 inhibitAnyPolicy, 4.13 name
//! constraints, 4.14 distribution points, 4.16 private extensions. Delta lists (4.15), indirect
//! lists and lists for some reasons (parts of 4.14) are never called valid: not supported.

use std::{collections::BTreeMap, path::Path};

use auth_core::Verdict;
use pki::{
    Certificate, Knowledge, judge,
    path::{PathQuestion, PolicyInputs, Purpose, validate},
    status::CrlSnapshot,
    trust::{AnchorClass, TrustList},
};

use crate::support::{NOW, vectors};

/// Not as PKITS expects, and why.
const EXCEPTIONS: [(&str, &str); 13] = [
    ("InvaliddeltaCRLTest4EE", "the base list alone says good: deltas off (RFC 5280 §6.3.1 (b))"),
    ("ValidDSAParameterInheritanceTest5EE", "DSA is obsolete (FIPS 186-5)"),
    ("ValidDSASignaturesTest4EE", "DSA is obsolete (FIPS 186-5)"),
    ("ValidIDPwithindirectCRLTest22EE", INDIRECT),
    ("ValidIDPwithindirectCRLTest24EE", INDIRECT),
    ("ValidIDPwithindirectCRLTest25EE", INDIRECT),
    ("ValidcRLIssuerTest28EE", INDIRECT),
    ("ValidcRLIssuerTest29EE", INDIRECT),
    ("ValidcRLIssuerTest30EE", INDIRECT),
    ("ValidcRLIssuerTest33EE", INDIRECT),
    ("ValiddeltaCRLTest5EE", DELTA),
    ("ValidonlySomeReasonsTest18EE", REASONS),
    ("ValidonlySomeReasonsTest19EE", REASONS),
];
const DELTA: &str = "revoked in the base list, released by the delta; deltas are not read";
const INDIRECT: &str = "indirect lists are not supported";
const REASONS: &str = "lists for some reasons are not supported";

struct Suite {
    ends: BTreeMap<String, Certificate>,
    pool: Vec<Certificate>,
    trust: TrustList,
    lists: CrlSnapshot,
}

fn suite(folder: &Path) -> Suite {
    let mut suite = Suite {
        ends: BTreeMap::new(),
        pool: Vec::new(),
        trust: TrustList::new(),
        lists: CrlSnapshot::new(),
    };
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let bytes = std::fs::read(&path).unwrap();
        let kind = path.extension().unwrap().to_str().unwrap();
        match (kind, Certificate::from_der(&bytes)) {
            ("crl", _) => {
                if let Err(error) = suite.lists.add(&bytes) {
                    println!("{name}: {error}");
                }
            }
            (_, Err(error)) => println!("{name}: {error}"),
            (_, Ok(_)) if name == "TrustAnchorRootCertificate" => {
                suite.trust.add(&bytes, AnchorClass::Internal).unwrap();
            }
            (_, Ok(found)) if name.ends_with("EE") => drop(suite.ends.insert(name, found)),
            (_, Ok(found)) => suite.pool.push(found),
        }
    }
    suite
}

#[test]
fn pkits_with_default_inputs() {
    let Some(folder) = vectors("x509/pkits") else { return };
    let suite = suite(&folder);
    let knowledge = Knowledge { trust: &suite.trust, lists: &suite.lists, now: NOW };
    let (mut valid, mut refused, mut wrong) = (0, 0, Vec::new());
    for (name, end) in &suite.ends {
        if !name.starts_with("Valid") && !name.starts_with("Invalid") {
            continue; // depends on policy inputs: below
        }
        let judged = judge(end, &suite.pool, knowledge, NOW, Purpose::Any);
        let is_valid = judged.verdict == Verdict::Valid;
        let exception = EXCEPTIONS.iter().any(|(known, _)| known == name);
        // An exception that is none any more must leave the table.
        if is_valid != (name.starts_with("Valid") != exception) {
            wrong.push(format!("{name}: {:?} {:?}", judged.verdict, judged.reasons));
        }
        if is_valid { valid += 1 } else { refused += 1 }
    }
    println!("PKITS: {valid} valid, {refused} not, {} not as expected", wrong.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// 4.8, 4.10 and 4.12 with the inputs that PKITS gives: accepted policies by their last arc below
/// 2.16.840.1.101.3.2.1.48 (none: any), mapping inhibited, anyPolicy inhibited, valid.
#[test]
fn pkits_with_policy_inputs() {
    const CASES: [(&str, &[u8], bool, bool, bool); 37] = [
        ("ValidCertificatePathTest1EE", &[], false, false, true),
        ("ValidCertificatePathTest1EE", &[1], false, false, true),
        ("ValidCertificatePathTest1EE", &[2], false, false, false),
        ("ValidCertificatePathTest1EE", &[1, 2], false, false, true),
        ("AllCertificatesNoPoliciesTest2EE", &[], false, false, false),
        ("DifferentPoliciesTest3EE", &[], false, false, false),
        ("DifferentPoliciesTest3EE", &[1, 2], false, false, false),
        ("DifferentPoliciesTest4EE", &[], false, false, false),
        ("DifferentPoliciesTest5EE", &[], false, false, false),
        ("OverlappingPoliciesTest6EE", &[], false, false, true),
        ("OverlappingPoliciesTest6EE", &[1], false, false, true),
        ("OverlappingPoliciesTest6EE", &[2], false, false, false),
        ("DifferentPoliciesTest7EE", &[], false, false, false),
        ("DifferentPoliciesTest8EE", &[], false, false, false),
        ("DifferentPoliciesTest9EE", &[], false, false, false),
        ("AllCertificatesSamePoliciesTest10EE", &[], false, false, true),
        ("AllCertificatesSamePoliciesTest10EE", &[1], false, false, true),
        ("AllCertificatesSamePoliciesTest10EE", &[2], false, false, true),
        ("AllCertificatesanyPolicyTest11EE", &[], false, false, true),
        ("AllCertificatesanyPolicyTest11EE", &[1], false, false, true),
        ("DifferentPoliciesTest12EE", &[], false, false, false),
        ("AllCertificatesSamePoliciesTest13EE", &[1], false, false, true),
        ("AllCertificatesSamePoliciesTest13EE", &[2], false, false, true),
        ("AllCertificatesSamePoliciesTest13EE", &[3], false, false, true),
        ("AnyPolicyTest14EE", &[1], false, false, true),
        ("AnyPolicyTest14EE", &[2], false, false, false),
        ("UserNoticeQualifierTest15EE", &[], false, false, true),
        ("ValidPolicyMappingTest1EE", &[1], false, false, true),
        ("ValidPolicyMappingTest1EE", &[2], false, false, false),
        ("ValidPolicyMappingTest1EE", &[1], true, false, false),
        ("ValidPolicyMappingTest3EE", &[1], false, false, false),
        ("ValidPolicyMappingTest3EE", &[2], false, false, true),
        ("ValidPolicyMappingTest5EE", &[1], false, false, true),
        ("ValidPolicyMappingTest5EE", &[6], false, false, false),
        ("ValidPolicyMappingTest6EE", &[6], false, false, false),
        ("inhibitAnyPolicyTest3EE", &[], false, false, true),
        ("inhibitAnyPolicyTest3EE", &[], false, true, false),
    ];
    let Some(folder) = vectors("x509/pkits") else { return };
    let suite = suite(&folder);
    let mut wrong = Vec::new();
    for (name, arcs, inhibit_mapping, inhibit_any, valid) in CASES {
        let policies = arcs.iter().map(|arc| [0x60, 0x86, 0x48, 1, 0x65, 3, 2, 1, 0x30, *arc]);
        let policies: Vec<[u8; 10]> = policies.collect();
        let acceptable: Vec<&[u8]> = policies.iter().map(<[u8; 10]>::as_slice).collect();
        let outcome = validate(
            &suite.ends[name],
            &PathQuestion {
                pool: &suite.pool,
                trust: &suite.trust,
                at: NOW,
                purpose: Purpose::Any,
                policies: PolicyInputs {
                    acceptable: &acceptable,
                    require_explicit: true,
                    inhibit_mapping,
                    inhibit_any,
                },
            },
        );
        if outcome.path().is_some() != valid {
            wrong.push(format!("{name} {arcs:?}: {:?}", outcome.trust()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
