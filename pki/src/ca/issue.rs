//! Issuing: reserve, lint, sign, verify, record.

use auth_core::{
    Fault, Timestamp,
    id::CaId,
    key::{PublicKey, Signer},
};

use super::{By, CaError, CertificateAuthority, IssueRequest, Issued, NewAuthority, parsed};
use crate::{
    algorithm::SubjectKey,
    cert::{
        Certificate, CertificateProfile, ISSUING_CA, Issuer, Kind, ROOT_CA, Serial, TbsParts,
        certificate_tbs, key_id, sign_certificate,
    },
    event::Act,
    lint::{Finding, lint},
    name::Name,
    store::{Authority, Issuance, Reservation},
};

/// A certificate to be made, all names resolved.
struct Draft<'a> {
    ca: &'a CaId,
    profile: &'static CertificateProfile,
    issuer: &'a Issuer,
    subject: &'a Name,
    public: &'a PublicKey,
    not_after: Timestamp,
}

impl CertificateAuthority {
    /// Makes a root authority: key, self-signed certificate, first revocation list. When there is
    /// one of this id, returns it unchanged.
    pub async fn create_root(&self, new: NewAuthority, by: &By) -> Result<Authority, CaError> {
        check_id(&new.id)?;
        if let Some(found) = self.authorities.find(&new.id).await? {
            return Ok(found);
        }
        let public = self.key(&new.key, new.kind).await?;
        let signer = self.signer(&new.key).await?;
        let name = Name::new(&new.name)?;
        let issuer = Issuer {
            name: name.clone(),
            key_id: key_id(&public),
            crl_url: None,
            certificate_url: None,
        };
        let draft = Draft {
            ca: &new.id,
            profile: &ROOT_CA,
            issuer: &issuer,
            subject: &name,
            public: &public,
            not_after: end(by.now, new.days),
        };
        let issued = self.make(&signer, &draft, by).await?;
        self.keep(new, None, issued, by).await
    }

    /// Makes an authority certified by `parent`, with its first revocation list. When there is one
    /// of this id, returns it unchanged.
    pub async fn create_issuing(
        &self,
        parent: &CaId,
        new: NewAuthority,
        by: &By,
    ) -> Result<Authority, CaError> {
        check_id(&new.id)?;
        if let Some(found) = self.authorities.find(&new.id).await? {
            return Ok(found);
        }
        let public = self.key(&new.key, new.kind).await?;
        let name = Name::new(&new.name)?;
        let above = self.authority(parent).await?;
        let (issuer, end_of_parent) = self.issuer(&above, by.now)?;
        let draft = Draft {
            ca: parent,
            profile: &ISSUING_CA,
            issuer: &issuer,
            subject: &name,
            public: &public,
            not_after: end(by.now, new.days).min(end_of_parent),
        };
        let issued = self.make(&self.signer(&above.key).await?, &draft, by).await?;
        self.keep(new, Some(parent.clone()), issued, by).await
    }

    /// Issues a certificate to a key in one of our keystores.
    pub async fn issue(
        &self,
        ca: &CaId,
        request: IssueRequest<'_>,
        by: &By,
    ) -> Result<Issued, CaError> {
        if request.profile.kind != Kind::Leaf {
            return Err(CaError::Profile);
        }
        let subject = Name::new(request.subject)?;
        let authority = self.authority(ca).await?;
        let (issuer, end_of_authority) = self.issuer(&authority, by.now)?;
        let draft = Draft {
            ca,
            profile: request.profile,
            issuer: &issuer,
            subject: &subject,
            public: request.public,
            not_after: end(by.now, request.days).min(end_of_authority),
        };
        let issued = self.make(&self.signer(&authority.key).await?, &draft, by).await?;
        let hash = parsed(&issued.certificate)?.fingerprint();
        let event = Act::Issue(issued.serial, &hash).event(ca, by.actor.clone(), by.now);
        if !self.certificates.record(issued.clone(), event).await? {
            return Err(CaError::Fault(Fault::Unavailable)); // given up by a recovery meanwhile
        }
        let mut chain = vec![issued.certificate];
        chain.extend(self.chain(ca).await?);
        Ok(Issued { serial: issued.serial, chain })
    }

    /// Reserves a number, lints, signs and verifies. What comes back is not yet recorded.
    async fn make(&self, signer: &Signer, draft: &Draft<'_>, by: &By) -> Result<Issuance, CaError> {
        let serial = Serial::new(&*self.random);
        let policies: Vec<&[u8]> = match draft.profile.kind {
            Kind::RootCa => Vec::new(),
            Kind::IssuingCa | Kind::Leaf => {
                self.policy.policies.iter().map(Vec::as_slice).collect()
            }
        };
        let tbs = certificate_tbs(&TbsParts {
            profile: draft.profile,
            serial,
            issuer: draft.issuer,
            subject: draft.subject,
            public: draft.public,
            validity: (by.now.plus_seconds(-BACKDATE), draft.not_after),
            policies: &policies,
            algorithm: signer.algorithm(),
        });
        let mut findings = lint(&tbs, draft.profile);
        // The backdate must not make an empty validity look like one of a minute.
        if draft.not_after <= by.now {
            findings.push(Finding::Validity);
        }
        if !findings.is_empty() {
            return Err(CaError::Lint(findings));
        }
        let reservation = Reservation {
            ca: draft.ca.clone(),
            serial,
            profile: draft.profile.name,
            subject: draft.subject.rfc4514(),
            at: by.now,
            not_after: draft.not_after,
        };
        let event = Act::Reserve(serial, draft.profile.name);
        let event = event.event(draft.ca, by.actor.clone(), by.now);
        if !self.certificates.reserve(reservation, event).await? {
            // 126 random bits met before: the random source is broken.
            return Err(CaError::Fault(Fault::Corrupt));
        }
        let certificate = sign_certificate(signer, &tbs).await?;
        let key = SubjectKey::from(signer.public().clone());
        parsed(&certificate)?.verify_with(&key).map_err(|_| Fault::Unavailable)?;
        Ok(Issuance { ca: draft.ca.clone(), serial, certificate, at: by.now })
    }

    /// Keeps a new authority and signs its first list.
    async fn keep(
        &self,
        new: NewAuthority,
        parent: Option<CaId>,
        issued: Issuance,
        by: &By,
    ) -> Result<Authority, CaError> {
        let authority = Authority {
            id: new.id,
            key: new.key,
            parent,
            certificate: issued.certificate.clone(),
            created_at: by.now,
        };
        let event = Act::CreateAuthority.event(&authority.id, by.actor.clone(), by.now);
        if !self.authorities.add(authority.clone(), issued, event).await? {
            return self.authority(&authority.id).await; // another node was first
        }
        self.sign_list(&authority, by).await?;
        Ok(authority)
    }

    /// How an authority appears in what it issues, and when it ends.
    fn issuer(
        &self,
        authority: &Authority,
        now: Timestamp,
    ) -> Result<(Issuer, Timestamp), CaError> {
        let certificate: Certificate = parsed(&authority.certificate)?;
        if !certificate.is_valid_at(now) {
            return Err(CaError::NotValid);
        }
        let key_id = certificate.extensions().subject_key_id.clone().ok_or(Fault::Corrupt)?;
        let issuer = Issuer {
            name: certificate.subject().clone(),
            key_id,
            crl_url: Some(format!("{}/crl/{}", self.policy.issuer, authority.id)),
            certificate_url: Some(format!("{}/ca/{}", self.policy.issuer, authority.id)),
        };
        Ok((issuer, certificate.not_after()))
    }
}

fn check_id(id: &CaId) -> Result<(), CaError> {
    let fits = |octet: u8| matches!(octet, b'a'..=b'z' | b'0'..=b'9' | b'-');
    let text = id.as_str();
    if (1..=32).contains(&text.len()) && text.bytes().all(fits) { Ok(()) } else { Err(CaError::Id) }
}

/// The last second of a validity of whole days.
const fn end(now: Timestamp, days: i64) -> Timestamp {
    Timestamp::from_unix(now.plus_seconds(days.saturating_mul(86_400) - 1).unix())
}

/// Certificates begin this many seconds ago: verifiers' clocks are not ours.
const BACKDATE: i64 = 60;
