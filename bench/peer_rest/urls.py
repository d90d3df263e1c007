"""The routes, as the documentation of REST framework has them."""

from django.db.models import Avg, Count
from django.urls import include, path
from rest_framework import routers, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.response import Response

from .models import Ticket


class TicketSerializer(serializers.ModelSerializer):
    class Meta:
        model = Ticket
        fields = "__all__"
        read_only_fields = ["sentiment", "urgency_score", "created_at", "updated_at"]


class TicketViewSet(viewsets.ModelViewSet):
    queryset = Ticket.objects.all()
    serializer_class = TicketSerializer
    filterset_fields = ["status", "category", "priority"]
    search_fields = ["title", "description"]

    @action(detail=False)
    def stats(self, request):
        tickets = self.filter_queryset(self.get_queryset()).order_by()

        def by(column):
            return dict(tickets.values_list(column).annotate(count=Count("id")))

        statuses = by("status")
        return Response(
            {
                "total_tickets": sum(statuses.values()),
                "open_tickets": statuses.get("open", 0),
                "status_breakdown": statuses,
                "priority_breakdown": by("priority"),
                "category_breakdown": by("category"),
                "avg_urgency_score": tickets.aggregate(mean=Avg("urgency_score"))["mean"],
            }
        )


router = routers.DefaultRouter()
router.register("tickets", TicketViewSet)
urlpatterns = [path("api/", include(router.urls))]
