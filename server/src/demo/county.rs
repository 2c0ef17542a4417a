//! Who lives and works in the demo county. Nothing here exists outside `demo`.

use std::collections::BTreeMap;

use anyhow::Result;
use auth_core::{
    Timestamp,
    audit::{Actor, Event, Outcome},
    directory::NewPerson,
    id::{MandateId, OrganisationId, PersonId, PostId},
    organisation::{CreditCode, Mandate, Organisation, OrganisationKind, Post},
    person::{Profile, Username},
    role::{Role, RoleGrant},
    session::Assurance,
};
use futures_util::future::try_join_all;
use zeroize::Zeroizing;

use crate::kernel::Kernel;

/// The password of every account.
pub const PASSWORD: &str = "Yinxin-demo-2026";

/// The people and organisations that the rest of the demo needs by name.
pub struct County {
    /// 示例县市场监督管理局.
    pub bureau: Organisation,
    /// 示例云上茶业有限公司.
    pub company: Organisation,
    /// 示例县政务服务中心.
    pub service_centre: Organisation,
    /// 张三, the citizen.
    pub zhangsan: PersonId,
}

/// `demo-m2m` issues in the bureau's name.
pub fn client_organisations() -> BTreeMap<String, String> {
    let code = CreditCode::complete(BUREAU.1).map(|code| code.as_str().to_owned());
    code.map(|code| ("demo-m2m".to_owned(), code)).into_iter().collect()
}

/// Registers everybody, or finds them again.
pub async fn settle(kernel: &Kernel) -> Result<County> {
    let bureau = organisation(kernel, BUREAU).await?;
    let service_centre = organisation(kernel, SERVICE_CENTRE).await?;
    let company = organisation(kernel, COMPANY).await?;
    let ids = try_join_all(PEOPLE.iter().map(|person| resident(kernel, person))).await?;
    let county = County { zhangsan: ids[0].0.clone(), bureau, company, service_centre };
    let new = ids.iter().any(|(_, new)| *new);
    if new {
        appoint(kernel, &county, &ids).await?;
    }
    Ok(county)
}

/// Roles, posts and the mandate, once.
async fn appoint(kernel: &Kernel, county: &County, ids: &[(PersonId, bool)]) -> Result<()> {
    let now = kernel.clock.now();
    let bureau = Some(county.bureau.id.clone());
    let centre = Some(county.service_centre.id.clone());
    let roles = [
        (1, Role::SealUser, &bureau),
        (1, Role::Issuer, &bureau),
        (2, Role::SealApprover, &bureau),
        (3, Role::CaseWorker, &centre),
        (4, Role::SystemAdministrator, &None),
        (5, Role::SecurityAdministrator, &None),
        (6, Role::Auditor, &None),
    ];
    for (index, role, organisation) in roles {
        let grant = RoleGrant {
            person: ids[index].0.clone(),
            role,
            organisation: organisation.clone(),
            valid_from: now,
            valid_until: None,
        };
        kernel.directory.grant_role(grant, Actor::System, now).await?;
    }
    let posts = [
        (1, &county.bureau.id, "登记注册科", "科长"),
        (2, &county.bureau.id, "办公室", "主任"),
        (3, &county.service_centre.id, "综合窗口", "窗口工作人员"),
    ];
    for (index, organisation, department, title) in posts {
        post(kernel, &ids[index].0, organisation, department, title, now).await?;
    }
    let mandate = Mandate {
        id: MandateId::from_text(""),
        agent: county.zhangsan.clone(),
        principal: county.company.id.clone(),
        scope: "all".to_owned(),
        valid_from: now,
        valid_until: None,
    };
    kernel.directory.give_mandate(mandate, Actor::System, now).await?;
    Ok(())
}

async fn post(
    kernel: &Kernel,
    person: &PersonId,
    organisation: &OrganisationId,
    department: &str,
    title: &str,
    now: Timestamp,
) -> Result<()> {
    let post = Post {
        id: PostId::new(now, &*kernel.random),
        person: person.clone(),
        organisation: organisation.clone(),
        department: department.to_owned(),
        title: title.to_owned(),
        valid_from: now,
        valid_until: None,
    };
    let event = Event::new("post.add", Actor::System, Outcome::Done, now).subject(person.as_str());
    kernel.directory.organisations.add_post(post, event).await?;
    Ok(())
}

async fn organisation(
    kernel: &Kernel,
    (name, code, kind): (&str, &str, OrganisationKind),
) -> Result<Organisation> {
    let credit_code = CreditCode::complete(code)
        .ok_or_else(|| anyhow::anyhow!("{code} does not begin a credit code"))?;
    if let Some(known) = kernel.directory.organisations.by_credit_code(&credit_code).await? {
        return Ok(known);
    }
    let now = kernel.clock.now();
    let id = OrganisationId::new(now, &*kernel.random);
    let event =
        Event::new("organisation.add", Actor::System, Outcome::Done, now).subject(id.as_str());
    let organisation =
        Organisation { id, name: name.to_owned(), credit_code, kind, disabled_at: None };
    kernel.directory.organisations.add(organisation.clone(), event).await?;
    Ok(organisation)
}

async fn resident(kernel: &Kernel, person: &Resident) -> Result<(PersonId, bool)> {
    let username = Username::from_stored(person.username);
    if let Some(row) = kernel.directory.people.by_username(&username).await? {
        return Ok((row.id, false));
    }
    let new = NewPerson {
        username,
        profile: Profile {
            name: person.name.to_owned(),
            id_number: person.id_number.map(str::to_owned),
            phone: person.phone.map(str::to_owned),
            address: person.address.map(str::to_owned),
        },
        assurance: Assurance(3),
        password: Some(Zeroizing::new(PASSWORD.to_owned())),
        must_change_password: false,
    };
    let id = kernel.directory.register(new, Actor::System, kernel.clock.now()).await?;
    Ok((id, true))
}

struct Resident {
    username: &'static str,
    name: &'static str,
    id_number: Option<&'static str>,
    phone: Option<&'static str>,
    address: Option<&'static str>,
}

/// An account without personal data.
const fn account(username: &'static str, name: &'static str) -> Resident {
    Resident { username, name, id_number: None, phone: None, address: None }
}

/// The order matters: [`settle`] and [`appoint`] count on it.
const PEOPLE: [Resident; 7] = [
    Resident {
        username: "zhangsan",
        name: "张三",
        // Area code 330899 is not assigned: the number belongs to nobody.
        id_number: Some("330899199001011236"),
        phone: Some("+8613800000001"),
        address: Some("示例县云上镇茶园路1号"),
    },
    account("lisi", "李四"),
    account("wangwu", "王五"),
    account("zhaoliu", "赵六"),
    account("sysadmin", "系统管理员"),
    account("secadmin", "安全管理员"),
    account("auditor", "审计管理员"),
];
const BUREAU: (&str, &str, OrganisationKind) =
    ("示例县市场监督管理局", "11330899MB0000001", OrganisationKind::PublicBody);
const SERVICE_CENTRE: (&str, &str, OrganisationKind) =
    ("示例县政务服务中心", "11330899MB0000002", OrganisationKind::PublicBody);
const COMPANY: (&str, &str, OrganisationKind) =
    ("示例云上茶业有限公司", "91330899MA0000003", OrganisationKind::LegalPerson);
