import pytest

from traceflow.datasets.store.database import Database
from traceflow.datasets.store.view_store import ViewStore
from traceflow.models.access import saved_view
from traceflow.models.access.saved_view import SavedView
from traceflow.models.errors import NotFound, RequestInvalid

pytestmark = pytest.mark.integration


def view(view_id: str, name: str) -> SavedView:
    return SavedView(view_id=view_id, name=name, query="signal=rage_click&sort=duration", created_at_ms=7)


@pytest.fixture
def views(database: Database) -> ViewStore:
    return ViewStore(database)


async def test_views_are_listed_by_name_whatever_its_case(views: ViewStore, tenant_id: str) -> None:
    kept = [view("1", "beta"), view("2", "Alpha"), view("3", "Ümlaut")]
    for each in kept:
        await views.add_view(each, tenant_id=tenant_id, project_id="shop")

    listed = await views.views(tenant_id=tenant_id, project_id="shop")

    assert [each.name for each in listed][:2] == ["Alpha", "beta"]
    assert set(map(repr, listed)) == set(map(repr, kept))


async def test_a_view_is_seen_and_removed_in_its_project_only(views: ViewStore, tenant_id: str) -> None:
    await views.add_view(view("1", "mine"), tenant_id=tenant_id, project_id="shop")

    assert await views.views(tenant_id=tenant_id, project_id="blog") == ()
    assert await views.views(tenant_id="somebody-else", project_id="shop") == ()
    for owner in ({"tenant_id": tenant_id, "project_id": "blog"}, {"tenant_id": "x", "project_id": "shop"}):
        with pytest.raises(NotFound):
            await views.remove_view("1", **owner)
    await views.remove_view("1", tenant_id=tenant_id, project_id="shop")
    assert await views.views(tenant_id=tenant_id, project_id="shop") == ()


async def test_a_project_keeps_so_many_views_and_no_more(
    views: ViewStore, tenant_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("traceflow.datasets.store.view_store.MAX_VIEWS", 2)
    for number in range(2):
        await views.add_view(view(str(number), "n"), tenant_id=tenant_id, project_id="shop")

    with pytest.raises(RequestInvalid):
        await views.add_view(view("3", "n"), tenant_id=tenant_id, project_id="shop")
    assert saved_view.MAX_VIEWS == 200
