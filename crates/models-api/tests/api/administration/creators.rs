//! No sequence of calls raises a key above its creator.
//!
//! The creator of a key is its service account: the account's role bounds the key, whoever makes the
//! call. The creator of an account or of an admin key is an admin key, which may do everything within
//! its organization, nothing in another one, and nothing with models. Other keys create nothing.

use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Value, json};

use super::{ADMIN_KEYS, PROJECTS, ids, project, text};
use crate::contract::properties::check;
use crate::service::{TestCaller, TestService};

#[derive(Debug, Clone, Copy, PartialEq)]
enum Action {
    CreateAccount,
    CreateAccountWithoutRole,
    MakeOwner,
    MakeMember,
    CreateKey,
    UpdateKey,
    DeleteKey,
    CreateAdminKey,
    RevokeAdminKey,
}

/// A call with any token ever issued, on any object of either organization.
#[derive(Debug, Clone)]
struct Call {
    action: Action,
    by: Index,
    tenant: usize,
    object: Index,
    scopes: &'static [&'static str],
}

const ACTIONS: [Action; 9] = [
    Action::CreateAccount,
    Action::CreateAccountWithoutRole,
    Action::MakeOwner,
    Action::MakeMember,
    Action::CreateKey,
    Action::UpdateKey,
    Action::DeleteKey,
    Action::CreateAdminKey,
    Action::RevokeAdminKey,
];

/// No scopes are no restriction.
const SCOPES: [&[&str]; 6] = [
    &[],
    &["api.all.read"],
    &["api.model.read", "api.delete"],
    &["api.delete"],
    &["api.model.write"],
    &["string"],
];

fn calls() -> impl Strategy<Value = Vec<Call>> {
    let any = any::<Index>;
    let call = (select(&ACTIONS), any(), 0..2_usize, any(), select(&SCOPES));
    let call = call.prop_map(|(action, by, tenant, object, scopes)| Call {
        action,
        by,
        tenant,
        object,
        scopes,
    });
    proptest::collection::vec(call, 1..20)
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Holder {
    Administrator,
    /// The number of the account, and the scopes of the key.
    Account(usize, &'static [&'static str]),
}

struct Token {
    caller: TestCaller,
    tenant: usize,
    path: String,
    is_live: bool,
    holder: Holder,
}

struct Account {
    tenant: usize,
    path: String,
    role: &'static str,
}

/// What the calls must have made of two organizations.
struct World {
    projects: [String; 2],
    accounts: Vec<Account>,
    tokens: Vec<Token>,
}

impl World {
    async fn new(service: &TestService) -> Self {
        let (mut projects, mut tokens) = (vec![], vec![]);
        for tenant in 0..2 {
            let slug = format!("t{}", uuid::Uuid::now_v7().simple());
            let organization = service.organization(&slug).await;
            let admin = service.admin(&organization).await;
            projects.push(project(&admin, "one").await);
            let id = admin.admin_key.as_ref().unwrap().id.to_string();
            tokens.push(Token {
                path: format!("{ADMIN_KEYS}/{id}"),
                caller: admin,
                tenant,
                is_live: true,
                holder: Holder::Administrator,
            });
        }
        Self {
            projects: projects.try_into().unwrap(),
            accounts: vec![],
            tokens,
        }
    }

    /// The number of an account of this tenant.
    fn account(&self, call: &Call) -> Option<usize> {
        let accounts = self.accounts.iter().enumerate();
        let of_tenant: Vec<usize> = accounts
            .filter(|(_, account)| account.tenant == call.tenant)
            .map(|(number, _)| number)
            .collect();
        (!of_tenant.is_empty()).then(|| of_tenant[call.object.index(of_tenant.len())])
    }

    /// The number of a live token of this tenant. The first two administrators stay.
    fn token(&self, call: &Call, is_admin: bool) -> Option<usize> {
        let tokens = self.tokens.iter().enumerate().skip(2);
        let of_tenant: Vec<usize> = tokens
            .filter(|(_, token)| token.tenant == call.tenant && token.is_live)
            .filter(|(_, token)| (token.holder == Holder::Administrator) == is_admin)
            .map(|(number, _)| number)
            .collect();
        (!of_tenant.is_empty()).then(|| of_tenant[call.object.index(of_tenant.len())])
    }

    /// Makes the call, checks its status, and notes its effect if it must have one.
    async fn apply(&mut self, call: &Call) -> Result<(), TestCaseError> {
        let by = call.by.index(self.tokens.len());
        // Everybody creates admin keys in the organization of the own key.
        let is_at_home =
            self.tokens[by].tenant == call.tenant || call.action == Action::CreateAdminKey;
        let expected = match (&self.tokens[by].holder, self.tokens[by].is_live) {
            (_, false) => 401,
            (Holder::Account(..), true) => 403,
            (Holder::Administrator, true) if is_at_home => 200,
            (Holder::Administrator, true) => 404,
        };
        let project = &self.projects[call.tenant];
        let (account, key) = (self.account(call), self.token(call, false));
        let admin_key = self.token(call, true);
        let path_of = |account: usize| self.accounts[account].path.clone();
        let request = match call.action {
            Action::CreateAccount => Some((
                format!("{project}/service_accounts"),
                Some(json!({"name": "a"})),
            )),
            Action::CreateAccountWithoutRole => Some((
                format!("{project}/service_accounts"),
                Some(json!({"name": "a", "create_service_account_only": true})),
            )),
            Action::MakeOwner => {
                account.map(|account| (path_of(account), Some(json!({"role": "owner"}))))
            }
            Action::MakeMember => {
                account.map(|account| (path_of(account), Some(json!({"role": "member"}))))
            }
            Action::CreateKey => account.map(|account| {
                let body = json!({"scopes": call.scopes});
                (format!("{}/api_keys", path_of(account)), Some(body))
            }),
            Action::UpdateKey => key.map(|key| {
                let body = json!({"scopes": call.scopes, "expires_in_seconds": 900});
                (self.tokens[key].path.clone(), Some(body))
            }),
            Action::DeleteKey => key.map(|key| (self.tokens[key].path.clone(), None)),
            Action::CreateAdminKey => Some((ADMIN_KEYS.to_owned(), Some(json!({"name": "a"})))),
            Action::RevokeAdminKey => admin_key.map(|key| (self.tokens[key].path.clone(), None)),
        };
        let Some((path, body)) = request else {
            return Ok(());
        };
        let caller = &self.tokens[by].caller;
        let response = match &body {
            Some(body) => caller.post(&path, body).await,
            None => caller.delete(&path).await,
        };
        prop_assert_eq!(response.status, expected, "{:?} {:?}", call, response);
        if expected == 200 {
            self.note(call, by, (account, key, admin_key), &response.json());
        }
        Ok(())
    }

    fn note(
        &mut self,
        call: &Call,
        by: usize,
        (account, key, admin_key): (Option<usize>, Option<usize>, Option<usize>),
        response: &Value,
    ) {
        let project = self.projects[call.tenant].clone();
        let tenant = call.tenant;
        let issue = |caller: &TestCaller, key: &Value, account, scopes| Token {
            caller: caller.with_token(&text(key, "value")),
            tenant,
            path: format!("{project}/api_keys/{}", text(key, "id")),
            is_live: true,
            holder: Holder::Account(account, scopes),
        };
        let caller = &self.tokens[by].caller;
        match call.action {
            Action::CreateAccount | Action::CreateAccountWithoutRole => {
                let has_role = call.action == Action::CreateAccount;
                let number = self.accounts.len();
                if has_role {
                    let token = issue(caller, &response["api_key"], number, &[]);
                    self.tokens.push(token);
                }
                self.accounts.push(Account {
                    tenant,
                    path: format!("{project}/service_accounts/{}", text(response, "id")),
                    role: if has_role { "member" } else { "none" },
                });
            }
            Action::MakeOwner => self.accounts[account.unwrap()].role = "owner",
            Action::MakeMember => self.accounts[account.unwrap()].role = "member",
            Action::CreateKey => {
                let token = issue(caller, response, account.unwrap(), call.scopes);
                self.tokens.push(token);
            }
            Action::UpdateKey => {
                let token = &mut self.tokens[key.unwrap()];
                if let Holder::Account(account, _) = token.holder {
                    token.holder = Holder::Account(account, call.scopes);
                }
            }
            Action::DeleteKey => self.tokens[key.unwrap()].is_live = false,
            Action::CreateAdminKey => {
                let token = Token {
                    caller: caller.with_token(&text(response, "value")),
                    tenant: self.tokens[by].tenant,
                    path: format!("{ADMIN_KEYS}/{}", text(response, "id")),
                    is_live: true,
                    holder: Holder::Administrator,
                };
                self.tokens.push(token);
            }
            Action::RevokeAdminKey => self.tokens[admin_key.unwrap()].is_live = false,
        }
    }

    /// Checks what every token can do, and so that none can do more than its creator.
    async fn check(&self) -> Result<(), TestCaseError> {
        for token in &self.tokens {
            let lists = token.caller.get("/v1/models").await.status;
            // A caller that may delete learns that the model does not exist.
            let deletes = token.caller.delete("/v1/models/missing").await.status;
            let administers = token.caller.get(PROJECTS).await;
            let expected = match token.holder {
                _ if !token.is_live => (401, 401, 401),
                Holder::Administrator => {
                    let seen = ids(&administers.json());
                    let own = self.projects[token.tenant].rsplit('/').next().unwrap();
                    prop_assert!(seen.len() == 2 && seen.iter().any(|id| id == own));
                    (403, 403, 200)
                }
                Holder::Account(account, scopes) => {
                    let role = self.accounts[account].role;
                    let allows = |scope| scopes.is_empty() || scopes.contains(&scope);
                    let reads = allows("api.model.read") || allows("api.all.read");
                    let may_list = role != "none" && reads;
                    let may_delete = role == "owner" && allows("api.delete");
                    (
                        if may_list { 200 } else { 403 },
                        if may_delete { 404 } else { 403 },
                        403,
                    )
                }
            };
            let found = (lists, deletes, administers.status);
            prop_assert_eq!(found, expected, "{:?}", token.holder);
        }
        Ok(())
    }
}

pub async fn no_sequence_of_calls_raises_a_key_above_its_creator(service: TestService) {
    check(12, calls(), async |calls| {
        let mut world = World::new(&service).await;
        for call in &calls {
            world.apply(call).await?;
            world.check().await?;
        }
        Ok(())
    });
}
