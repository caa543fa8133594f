"""The README's tour with the generated Python client.

scripts/clients.sh makes the superuser, and says where the service is.
"""

import os
from typing import TypeVar

from auth_client import AuthenticatedClient, Client
from auth_client.api.auth import login, me
from auth_client.api.organizations import create_organization
from auth_client.api.rbac import check
from auth_client.models import Check, Login, NewOrganization, Problem

T = TypeVar("T")


def answered(answer: T | Problem | None) -> T:
    """What a call answered with; a problem document ends the tour."""
    assert answer is not None, "a status that the document does not have"
    assert not isinstance(answer, Problem), f"{answer.status} {answer.code}"
    return answer


def tour(base: str, password: str, secret: str) -> str:
    """Signs in, makes a tenant, asks what the user may do."""
    anonymous = Client(base_url=base, raise_on_unexpected_status=True)
    credentials = Login(username="root", password=password)
    session = answered(login.sync(client=anonymous, body=credentials))
    user = AuthenticatedClient(
        base_url=base, token=session.tokens.access_token, raise_on_unexpected_status=True
    )

    profile = answered(me.sync(client=user))
    assert profile.username == "root"
    assert "org.create" in profile.permissions

    tenant = NewOrganization(organization_name="Acme")
    made = answered(create_organization.sync(client=user, body=tenant))
    assert made.organization_name == "Acme"

    service = AuthenticatedClient(
        base_url=base,
        token=secret,
        prefix="",
        auth_header_name="X-Internal-Secret",
        raise_on_unexpected_status=True,
    )
    question = Check(
        user_id=profile.user_id,
        organization_id=profile.organization_id,
        permission="org.create",
    )
    assert answered(check.sync(client=service, body=question)).allowed

    # A refusal is typed too.
    wrong = Login(username="root", password="not the password")
    refused = login.sync(client=anonymous, body=wrong)
    assert isinstance(refused, Problem)
    assert refused.code == "invalid_credentials"
    return f"Python: {profile.username} made organization {made.organization_id}"


if __name__ == "__main__":
    settings = os.environ
    print(tour(settings["BASE"], settings["PASSWORD"], settings["INTERNAL_SECRET"]))
