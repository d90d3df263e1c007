"""Portuguese words of all the rest: orders, travel, appointments, service, feedback."""

PATTERNS = {
    5: """
        rastrear|acompanhar .. pedido|encomenda|entrega,
        cancelar|alterar|mudar .. pedido|encomenda|reserva|voo,
        onde está meu|minha|o|a pedido|encomenda|entrega,
        pedido .. chegou|chegar|recebi|atras*, encomenda .. perdida|chegou|recebi|atras*,

        não chegou, não recebi nada, consta como entregue, entregue .. não,
        não recebi .. pedido|encomenda|produto|pacote, vocês entregam, entregam,
        tamanho errado, produto errado|danificado|quebrado, modelo errado,
        etiqueta de devolução, mala|malas, voo .. cancelado|atras*|perdi,
        perdi .. conexão|voo, acidente*, sinistro*, seguro .. carro|casa|auto,
        leitura .. contador|medidor, cancelar .. assinatura|contrato|serviço|plano,
        remarcar, consulta .. remarcar|cancelar|quinta, agendar, passaporte .. renovar,
        renovar .. passaporte|carteira|documento, prefeitura, câmara municipal, lixo,
        iluminação pública, receita médica, técnico .. veio|vem|visita|apareceu,
        ninguém veio|apareceu, desligaram, na minha cara, péssimo atendimento,
        pedido de .. monitores|notebooks|teclados|computadores,
        preciso .. notebook|monitor|teclado|cadeira, reservar .. sala,
        sala de reunião|reuniões, férias, crachá .. visitante, estacionamento,

        amassad*, arranhad*, riscad*, derramad*, fria .. comida|pizza, frio .. prato,
        peça* de reposição, peças sobressalentes,
        esqueci .. táxi|trem|ônibus|avião|quarto, deixei .. táxi|trem|ônibus|avião|quarto,
        noite linda|maravilhosa, organizador*, meus parabéns,
        carro alugado .. dirigir|conduzir|pessoas, dirigir o|um carro, não respondem,
        nenhuma resposta, tratam .. clientes, senhorio, proprietário .. imóvel, obra,
        barulho .. vizinho*|obra|noite, certificado de participação|presença,
        visita .. apartamento, ainda disponível, motorista .. cancelou|veio|grosseiro,

        visita* guiada*, agradeçam, agradecer, meus agradecimentos,
        mudar|adiar|remarcar .. entrega|consulta|pedido, mudar a entrega|consulta,
        ônibus .. passou|veio, próxima semana, resolveu tudo
        """,
    4: """
        entrega*, envio*, enviado .. pacote|pedido, pacote*, pedido*, encomenda*,
        troca .. produto|tamanho, devolver .. produto|artigo, política de devoluç*,
        em estoque, em stock, esgotado, disponib*, disponível, disponíveis, horário*,
        loja*, agência*, falar com .. atendente|alguém|pessoa|humano,
        atendimento .. horário|ruim|péssimo|número, reclam*, sugest*, comentário*,
        opinião, avaliação*, newsletter, publicidade, marketing, campanha*, estratégia*,
        crescimento .. marca, marca*, seo, folheto*, catálogo*, garantia*, agendamento,
        viagem, viagens, voo*, bagagem, mala*, hotel, reserv*, evento*, ingresso*,
        bilhete*, parceria*, emprego*, vaga*, candidatura,

        abrem, fecham, a que horas, aberto, fechado .. sábado|domingo,
        seria bom|útil|legal|ótimo, gostaria que, atendimento excelente|ruim|mau, gentil,
        uma hora na linha, esperando .. hora, grosseiro*, mal educado*,
        trocar .. tamanho|produto, quero trocar, reposição, matrícula, inscrição,
        histórico escolar, biblioteca, semestre, pequeno almoço, café da manhã, quarto,
        cachorro, cadeira de rodas, palete*, transportadora*, alfândega, recolha,
        entregador, estafeta, portabilidade,

        carro alugado, aluguel de carro, táxi, trajeto, show, concerto, festival, teatro,
        museu, armário, cacifo, cantina, refeitório, cadeira, porteiro, vacina*, votar,
        eleições, certidão de nascimento, professor*, lição, alojamento estudantil,
        qualidade, sabor, vencido .. produto|comida, alerg*, vegano, flores, tecido,
        costura, zíper, tampa
        """,
    2: """
        dúvida*, consulta sobre|geral, solicitação de informaç*|consultoria|detalhes,
        informações sobre|acerca|detalhadas|adicionais|gerais, mais informações,
        mais detalhes, detalhes sobre|acerca, pergunta* sobre|geral,
        gostaria de saber|conhecer|obter|receber, queria saber|perguntar, saber se,
        interess*, conselho*, consultoria, treinamento, formação, melhores práticas,
        recomend*, obrigado|obrigada pela|por|pelo, quais ferramentas|serviços|são|opções,
        propor, propost*, quando .. chega|estará|chegará, quanto tempo|custa|demora,
        artigo*, tamanho, cor, cancel*
        """,
    1: """
        pergunta*, informação, informações, ajuda, solicit*, preciso, obrigado,
        assistência, suporte, é possível, oferecem, vocês têm|tem|oferecem|vendem,
        poderiam .. fornecer|indicar|explicar|enviar|informar,
        podem .. explicar|dizer|indicar, serviços, produto*, guia*, documentação,
        diretriz, diretrizes, melhoria*, melhorar, otimiz*, investimento*, visão geral,
        resumo, crescimento, ideia*, explic*, esclarec*, empresa*, cliente*, expansão,

        atendimento ao cliente, serviço ao cliente, cursos
        """,
}
