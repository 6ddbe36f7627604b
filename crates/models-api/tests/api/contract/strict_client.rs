//! async-openai reads strictly: it fails a whole list if one field is missing or mistyped.

use async_openai::Client;
use async_openai::config::OpenAIConfig;
use async_openai::error::OpenAIError;
use models_core::Role;

use crate::service::TestService;

pub async fn async_openai_reads_every_response(service: TestService) {
    let acme = service.organization("acme").await;
    service
        .models(None, &[("gpt-4o", 1), ("meta-llama/Llama-3-8B", u32::MAX)])
        .await;
    service
        .models(Some(&acme), &[("ft:gpt-4o:acme:x:AbCdEf12", 2)])
        .await;
    let client = |token: &str| {
        let config = OpenAIConfig::new()
            .with_api_base(format!("http://{}/v1", service.address))
            .with_api_key(token);
        Client::with_config(config)
    };
    let owner = client(
        service
            .caller(&acme, Role::Owner)
            .await
            .token
            .as_ref()
            .unwrap(),
    );

    let list = owner.models().list().await.unwrap();
    let ids: Vec<&str> = list.data.iter().map(|model| model.id.as_str()).collect();
    assert_eq!(
        ids,
        [
            "gpt-4o",
            "ft:gpt-4o:acme:x:AbCdEf12",
            "meta-llama/Llama-3-8B"
        ]
    );
    let model = owner
        .models()
        .retrieve("meta-llama/Llama-3-8B")
        .await
        .unwrap();
    assert_eq!(
        (model.id.as_str(), model.created, model.owned_by.as_str()),
        ("meta-llama/Llama-3-8B", u32::MAX, "system")
    );
    let deleted = owner
        .models()
        .delete("ft:gpt-4o:acme:x:AbCdEf12")
        .await
        .unwrap();
    assert!(deleted.deleted && deleted.id == "ft:gpt-4o:acme:x:AbCdEf12");

    let code = |error: OpenAIError| {
        let OpenAIError::ApiError(error) = error else {
            panic!("{error:?}")
        };
        format!("{error:?}")
    };
    assert!(
        code(owner.models().retrieve("missing").await.unwrap_err()).contains("model_not_found")
    );
    assert!(
        code(client("sk-unknown").models().list().await.unwrap_err()).contains("invalid_api_key")
    );
    assert!(
        owner.models().retrieve("").await.is_err(),
        "an empty id does not list"
    );
}
